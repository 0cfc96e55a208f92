/** How titles are found on the page: by search, by what is similar, in rows and what editors decide about those. */
export interface NamedTitle {
  id: string;
  name: string;
  releaseYear: number | null;
}

export interface Row {
  ruleId: string;
  name: string;
  rule: string;
  matching: number;
  pinned: boolean;
  titles: NamedTitle[];
}

export interface RowEdit {
  ruleId: string;
  name: string | null;
  hidden: boolean;
}

export const ROWS = /* GraphQL */ `
  query Rows($first: Int!, $size: Int!) {
    rows(first: $first, size: $size) {
      ruleId name rule matching pinned
      titles { id name releaseYear }
    }
  }
`;

export const ROW_EDITS = /* GraphQL */ `
  query RowEdits {
    rowEdits { ruleId name hidden }
  }
`;

export const PIN_ROW = /* GraphQL */ `
  mutation PinRow($ruleId: ID!, $pinned: Boolean!) {
    pinRow(input: { ruleId: $ruleId, pinned: $pinned }) { errors { code message } }
  }
`;

export const HIDE_ROW = /* GraphQL */ `
  mutation HideRow($ruleId: ID!, $hidden: Boolean!) {
    hideRow(input: { ruleId: $ruleId, hidden: $hidden }) { errors { code message } }
  }
`;

export const RENAME_ROW = /* GraphQL */ `
  mutation RenameRow($ruleId: ID!, $name: String) {
    renameRow(input: { ruleId: $ruleId, name: $name }) { errors { code message } }
  }
`;

export interface SimilarTitles {
  title: { similar: { because: string; title: NamedTitle | null }[] } | null;
}

export const SIMILAR = /* GraphQL */ `
  query Similar($id: ID!, $first: Int!) {
    title(id: $id) {
      similar(first: $first) { because title { id name releaseYear } }
    }
  }
`;

export interface FoundTitles {
  searchTitles: {
    totalCount: number;
    interpretedAs: {
      include: { word: string }[];
      exclude: { word: string }[];
      phrases: string[];
      text: string;
      withoutWords: string[];
    };
    nodes: { highlight: string | null; title: (NamedTitle & { synopsis: string | null }) | null }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

export const SEARCH = /* GraphQL */ `
  query Search($query: String!, $first: Int!, $after: String) {
    searchTitles(query: $query, first: $first, after: $after) {
      totalCount
      interpretedAs {
        include { word }
        exclude { word }
        phrases text withoutWords
      }
      nodes { highlight title { id name releaseYear synopsis } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
