import type { NamedTitle } from './discovery-queries.js';
import type { Shot } from './queries.js';
import { type Review, TAG_PARTS, type Tag } from './tag-parts.js';

/** What editors and engineers do on the page: judge tags, switch classifiers. */
export type LearningState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export const REVIEW_TAG = /* GraphQL */ `
  mutation ReviewTag($input: ReviewTagInput!) {
    reviewTag(input: $input) { review { id verdict } errors { code message } }
  }
`;

export const UNDO_REVIEW = /* GraphQL */ `
  mutation UndoReview($id: ID!) {
    undoReview(input: { reviewId: $id }) { review { id } errors { code message } }
  }
`;

export interface Reviews {
  node: { tags: { label: { id: string }; review: Review | null }[] } | null;
}

export const REVIEWS = /* GraphQL */ `
  query Reviews($id: ID!) {
    node(id: $id) { ... on Prediction { tags { label { id } review { id verdict } } } }
  }
`;

export interface ReviewItem {
  tag: Tag;
  prediction: { id: string; trailer: { title: NamedTitle; shots: Shot[] } };
}

export interface ReviewQueue {
  reviewQueue: {
    totalCount: number;
    nodes: ReviewItem[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
}

export const REVIEW_QUEUE = /* GraphQL */ `
  query ReviewQueue($first: Int!, $after: String) {
    reviewQueue(first: $first, after: $after) {
      totalCount
      nodes {
        tag { ...TagParts }
        prediction {
          id
          trailer { title { id name releaseYear } shots { startSeconds endSeconds thumbnailUrl } }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${TAG_PARTS}
`;

export interface Retagging {
  id: string;
  state: LearningState;
}

export interface Classifier {
  id: string;
  name: string | null;
  pack: string;
  fingerprint: string;
  active: boolean;
  author: string | null;
  createdAt: string;
  figures: Record<string, unknown>;
  retagging: Retagging | null;
}

export const CLASSIFIERS = /* GraphQL */ `
  query Classifiers {
    classifiers {
      id name pack fingerprint active author createdAt figures
      retagging { id state }
    }
  }
`;

export const ACTIVATE_CLASSIFIER = /* GraphQL */ `
  mutation ActivateClassifier($id: ID!) {
    activateClassifier(input: { id: $id }) { retagging { id state } errors { code message } }
  }
`;

export interface RetaggingEvent {
  number: number;
  state: LearningState;
  done: number;
  total: number;
  message: string | null;
}

export const RETAGGING_EVENTS = /* GraphQL */ `
  subscription RetaggingEvents($id: ID!, $after: Int) {
    retaggingEvents(id: $id, after: $after) { number state done total message }
  }
`;
