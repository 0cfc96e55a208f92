import {
  Arg,
  Authorized,
  Ctx,
  Directive,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
} from 'type-graphql';
import { z } from 'zod';
import { checked, requiredText } from '../catalog/input.js';
import type { AnalysisRow } from '../catalog/loaders.js';
import { Failure } from '../failure.js';
import type { TrailerSource } from '../media/source.js';
import { Analysis } from './analysis.js';
import type { Context } from './context.js';
import { Payload, payload } from './user-error.js';

@Directive('@oneOf')
@InputType({ description: 'Where the trailer comes from: exactly one of these.' })
class TrailerSourceInput {
  @Field(() => String, {
    nullable: true,
    description: "A file on the server, inside the server's media roots.",
  })
  path?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'An https address of a video file, or a YouTube video.',
  })
  url?: string | null;

  @Field(() => ID, { nullable: true, description: 'A file that was sent with `PUT /uploads`.' })
  uploadId?: string | null;
}

@InputType({ description: 'A trailer to analyse.' })
class AnalyzeTrailerInput {
  @Field(() => ID, { description: 'The title that it is for.' })
  titleId!: string;

  @Field(() => TrailerSourceInput, { description: 'Where it comes from.' })
  source!: TrailerSourceInput;

  @Field(() => String, { nullable: true, description: 'Its subtitles as text: SRT, WebVTT or ASS.' })
  subtitles?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A key of your own: asking again with the same one gives back the same analysis.',
  })
  idempotencyKey?: string | null;

  @Field(() => Int, { defaultValue: 0, description: 'Lower numbers run first; -100 to 100.' })
  priority!: number;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Run every stage again, even where the result is known.',
  })
  force!: boolean;
}

@InputType({ description: 'Which analysis to stop.' })
class CancelAnalysisInput {
  @Field(() => ID, { description: "The analysis's id." })
  id!: string;
}

@InputType({ description: 'Which analysis to run again.' })
class RetryAnalysisInput {
  @Field(() => ID, { description: "The analysis's id." })
  id!: string;
}

@ObjectType({ description: 'What came of `analyzeTrailer`.' })
class AnalyzeTrailerPayload extends Payload {
  @Field(() => Analysis, { nullable: true, description: 'The analysis; follow it with `analysisEvents`.' })
  analysis?: Analysis | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'False where the idempotency key named an analysis that was there.',
  })
  created?: boolean | null;
}

@ObjectType({ description: 'What came of `cancelAnalysis`.' })
class CancelAnalysisPayload extends Payload {
  @Field(() => Analysis, {
    nullable: true,
    description: 'The analysis; one that ran ends within two seconds.',
  })
  analysis?: Analysis | null;
}

@ObjectType({ description: 'What came of `retryAnalysis`.' })
class RetryAnalysisPayload extends Payload {
  @Field(() => Analysis, { nullable: true, description: 'The analysis, waiting again.' })
  analysis?: Analysis | null;
}

@Resolver()
export class AnalysisMutations {
  @Authorized('service')
  @Mutation(() => AnalyzeTrailerPayload, {
    description:
      'Asks for the genre, mood and themes of a trailer, and returns at once. Needs the role `service`.',
  })
  analyzeTrailer(
    @Ctx() context: Context,
    @Arg('input', () => AnalyzeTrailerInput, { description: 'The trailer.' }) input: AnalyzeTrailerInput,
  ) {
    return payload(context, async () => {
      const { analysis, created } = await context.analyses.request({
        titleId: input.titleId,
        source: trailerSource(input.source),
        priority: input.priority,
        force: input.force,
        ...(input.subtitles == null ? {} : { subtitles: input.subtitles }),
        ...(input.idempotencyKey == null ? {} : { idempotencyKey: input.idempotencyKey }),
      });
      logged(context, analysis, 'an analysis was asked for');
      return { analysis, created };
    });
  }

  @Authorized('service')
  @Mutation(() => CancelAnalysisPayload, {
    description: 'Stops an analysis that waits or runs. Needs the role `service`.',
  })
  cancelAnalysis(
    @Ctx() context: Context,
    @Arg('input', () => CancelAnalysisInput, { description: 'Which one.' }) { id }: CancelAnalysisInput,
  ) {
    return payload(context, async () => ({
      analysis: logged(context, await context.analyses.cancel(id), 'an analysis was told to stop'),
    }));
  }

  @Authorized('service')
  @Mutation(() => RetryAnalysisPayload, {
    description: 'Queues an analysis again that failed or was cancelled. Needs the role `service`.',
  })
  retryAnalysis(
    @Ctx() context: Context,
    @Arg('input', () => RetryAnalysisInput, { description: 'Which one.' }) { id }: RetryAnalysisInput,
  ) {
    return payload(context, async () => ({
      analysis: logged(context, await context.analyses.retry(id), 'an analysis was queued again'),
    }));
  }
}

/** Stops these analyses; one that ends meanwhile is no error. */
export async function stopAnalyses({ analyses }: Context, ids: string[]): Promise<void> {
  for (const id of ids) {
    try {
      await analyses.cancel(id);
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'CONFLICT')) throw error;
    }
  }
}

const locator = requiredText('The source', 2_000);
const usableSource = z.object({
  path: locator.nullish(),
  url: locator.nullish(),
  uploadId: locator.nullish(),
});

/** @throws AggregateError of Failures BAD_INPUT */
function trailerSource(source: TrailerSourceInput): TrailerSource {
  const { path, url, uploadId } = checked(usableSource, source, ['source']);
  if (path != null) return { kind: 'PATH', path };
  if (url != null) return { kind: 'URL', url };
  if (uploadId != null) return { kind: 'UPLOAD', uploadId };
  throw new Failure('BAD_INPUT', 'Give exactly one of `path`, `url` and `uploadId`.', { path: ['source'] });
}

function logged<T extends Pick<AnalysisRow, 'id'>>(
  { log, requestId, caller }: Context,
  analysis: T,
  event: string,
): T {
  log.info({ requestId, analysisId: analysis.id, caller: caller.name }, event);
  return analysis;
}
