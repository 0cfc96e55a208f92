import { TAG_PARTS, type Tag } from './tag-parts.js';

/** The operations of the page and the shapes that come back. Field meanings: schema.graphql. */
export type Stage = 'FETCH' | 'PROBE' | 'DECODE' | 'TRANSCRIBE' | 'EMBED' | 'TAG' | 'PUBLISH';
export type AnalysisState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export interface Connection<Node> {
  edges: { node: Node }[];
}

export interface TitleSummary {
  id: string;
  name: string;
  releaseYear: number | null;
  prediction: { tags: { label: { id: string; name: string }; probability: number }[] } | null;
}

export interface TitlePage {
  titles: {
    totalCount: number;
    nodes: TitleSummary[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

export const TITLES = /* GraphQL */ `
  query Titles($first: Int!, $after: String) {
    titles(first: $first, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
      totalCount
      nodes { id name releaseYear prediction { tags(state: ACCEPTED) { label { id name } probability } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export interface SignalQuality {
  overall: number;
  speech: number;
  light: number;
  variety: number;
  sound: number;
  notes: string[];
}

export interface Prediction {
  id: string;
  createdAt: string;
  signalQuality: SignalQuality;
  tags: Tag[];
}

export interface Analysis {
  id: string;
  state: AnalysisState;
  error: { code: string; message: string; retryable: boolean } | null;
}

export interface Shot {
  startSeconds: number;
  endSeconds: number;
  thumbnailUrl: string | null;
}

export interface Trailer {
  id: string;
  durationSeconds: number | null;
  source: { kind: string; locator: string };
  shots: Shot[];
  analyses: Connection<Analysis>;
  prediction: Prediction | null;
}

export interface TitleDetail {
  id: string;
  name: string;
  releaseYear: number | null;
  synopsis: string | null;
  trailers: Connection<Trailer>;
}

export const TITLE = /* GraphQL */ `
  query Title($id: ID!) {
    title(id: $id) {
      id name releaseYear synopsis
      trailers(first: 10) {
        edges {
          node {
            id durationSeconds
            source { kind locator }
            shots { startSeconds endSeconds thumbnailUrl }
            analyses(first: 1) { edges { node { id state error { code message retryable } } } }
            prediction { ...PredictionParts }
          }
        }
      }
    }
  }
  fragment PredictionParts on Prediction {
    id createdAt
    signalQuality { overall speech light variety sound notes }
    tags { ...TagParts }
  }
  ${TAG_PARTS}
`;

export const CREATE_TITLE = /* GraphQL */ `
  mutation CreateTitle($input: CreateTitleInput!) {
    createTitle(input: $input) { title { id } errors { code message } }
  }
`;

export type TrailerSourceInput = { path: string } | { url: string } | { uploadId: string };

export const ANALYZE_TRAILER = /* GraphQL */ `
  mutation AnalyzeTrailer($input: AnalyzeTrailerInput!) {
    analyzeTrailer(input: $input) { analysis { id } errors { code message } }
  }
`;

export const CANCEL_ANALYSIS = /* GraphQL */ `
  mutation CancelAnalysis($id: ID!) {
    cancelAnalysis(input: { id: $id }) { analysis { id } errors { code message } }
  }
`;

export const RETRY_ANALYSIS = /* GraphQL */ `
  mutation RetryAnalysis($id: ID!) {
    retryAnalysis(input: { id: $id }) { analysis { id } errors { code message } }
  }
`;

export interface AnalysisEvent {
  number: number;
  state: AnalysisState;
  stage: Stage | null;
  /** Share of the whole analysis that is done, 0 … 1. */
  progress: number;
  message: string | null;
}

export const ANALYSIS_EVENTS = /* GraphQL */ `
  subscription AnalysisEvents($id: ID!, $after: Int) {
    analysisEvents(id: $id, after: $after) { number state stage progress message }
  }
`;
