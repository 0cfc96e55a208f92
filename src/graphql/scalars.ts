import {
  GraphQLDateTime,
  GraphQLJSONObject,
  GraphQLNonNegativeFloat,
  GraphQLNonNegativeInt,
} from 'graphql-scalars';

export const DateTime = GraphQLDateTime;
export const Figures = GraphQLJSONObject;
export const Seconds = GraphQLNonNegativeFloat;
export const Count = GraphQLNonNegativeInt;
