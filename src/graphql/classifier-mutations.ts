import {
  Arg,
  Authorized,
  Ctx,
  Directive,
  Field,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
} from 'type-graphql';
import { precision as precisionInput, type TrainingRequest } from '../analysis/learning/training-request.js';
import { checked } from '../catalog/input.js';
import { Failure } from '../failure.js';
import { Classifier } from './classifier.js';
import type { Context } from './context.js';
import { HeadKind, LabelGroupKind } from './enums.js';
import { Retagging } from './retagging.js';
import { Training } from './training.js';
import { Payload, payload } from './user-error.js';

@Directive('@oneOf')
@InputType({ description: 'Where the rows come from: exactly one of these.' })
class TrainingSourceInput {
  @Field(() => ID, {
    nullable: true,
    description: 'A file of rows, `.jsonl` or `.jsonl.gz`, that was sent with `PUT /uploads`.',
  })
  uploadId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "`true`: the catalog's own labels, which are the editors' verdicts and the genres that came with imports.",
  })
  catalog?: boolean | null;
}

@Directive('@oneOf')
@InputType({ description: 'What the thresholds are set for: exactly one of these.' })
class TrainingAimInput {
  @Field(() => Boolean, { nullable: true, description: '`true`: the best F1.' })
  bestF1?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description: 'At least this share of the accepted tags is right, between 0 and 1.',
  })
  precision?: number | null;
}

@InputType({ description: 'A classifier to train.' })
class TrainClassifierInput {
  @Field(() => String, { description: 'Its name, for people, at most 200 characters.' })
  name!: string;

  @Field(() => TrainingSourceInput, { description: 'Where the rows come from.' })
  source!: TrainingSourceInput;

  @Field(() => HeadKind, { defaultValue: HeadKind.AUTO, description: 'What reads picture and sound.' })
  head!: keyof typeof HeadKind;

  @Field(() => [LabelGroupKind], {
    nullable: true,
    description:
      "Only these groups; every group of which the rows tell something when left out. The pack's own classifier goes on to answer the others.",
  })
  groups?: LabelGroupKind[] | null;

  @Field(() => Int, { defaultValue: 1, description: 'The same rows and seed give the same file.' })
  seed!: number;

  @Field(() => TrainingAimInput, {
    nullable: true,
    description: 'What the thresholds are set for; the best F1 when left out.',
  })
  aim?: TrainingAimInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'A key of your own: asking again with the same one gives back the same training.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which training to stop.' })
class CancelTrainingInput {
  @Field(() => ID, { description: "The training's id." })
  id!: string;
}

@InputType({ description: 'Which classifier to use from now on.' })
class ActivateClassifierInput {
  @Field(() => ID, { description: "The classifier's id." })
  id!: string;
}

@ObjectType({ description: 'What came of `trainClassifier`.' })
class TrainClassifierPayload extends Payload {
  @Field(() => Training, { nullable: true, description: 'The training; follow it with `trainingEvents`.' })
  training?: Training | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'False where the idempotency key named a training that was there.',
  })
  created?: boolean | null;
}

@ObjectType({ description: 'What came of `cancelTraining`.' })
class CancelTrainingPayload extends Payload {
  @Field(() => Training, { nullable: true, description: 'The training; one that ran ends soon.' })
  training?: Training | null;
}

@ObjectType({ description: 'What came of `activateClassifier`.' })
class ActivateClassifierPayload extends Payload {
  @Field(() => Classifier, { nullable: true, description: 'The classifier that is active now.' })
  classifier?: Classifier | null;

  @Field(() => Retagging, {
    nullable: true,
    description: 'How the catalog follows; see `retaggingEvents`.',
  })
  retagging?: Retagging | null;
}

@Resolver()
export class ClassifierMutations {
  @Authorized('admin')
  @Mutation(() => TrainClassifierPayload, {
    description:
      'Asks for a classifier that is trained on labelled rows, and returns at once. What comes of it is active only after `activateClassifier`. Needs the role `admin`.',
  })
  trainClassifier(
    @Ctx() context: Context,
    @Arg('input', () => TrainClassifierInput, { description: 'The classifier.' }) input: TrainClassifierInput,
  ) {
    return payload(context, () =>
      context.learning.trainings.request(requestOf(input), {
        requestedBy: context.caller.name,
        idempotencyKey: input.idempotencyKey ?? null,
      }),
    );
  }

  @Authorized('admin')
  @Mutation(() => CancelTrainingPayload, {
    description: 'Stops a training that waits or runs. Needs the role `admin`.',
  })
  cancelTraining(
    @Ctx() context: Context,
    @Arg('input', () => CancelTrainingInput, { description: 'Which one.' }) { id }: CancelTrainingInput,
  ) {
    return payload(context, async () => ({ training: await context.learning.trainings.cancel(id) }));
  }

  @Authorized('admin')
  @Mutation(() => ActivateClassifierPayload, {
    description:
      'Lets new analyses use a classifier, and tags the catalog anew with it from the stored vectors; analyses that have begun keep theirs. Activate the earlier one to take it back. Reviews stay. Needs the role `admin`.',
  })
  activateClassifier(
    @Ctx() context: Context,
    @Arg('input', () => ActivateClassifierInput, { description: 'Which one.' })
    { id }: ActivateClassifierInput,
  ) {
    return payload(context, async () => {
      const done = await context.learning.activations.activate(id, context.caller.name);
      context.log.info(
        { requestId: context.requestId, classifierId: id, caller: context.caller.name },
        'a classifier was activated',
      );
      return done;
    });
  }
}

function requestOf({ name, source, head, groups, seed, aim }: TrainClassifierInput): TrainingRequest {
  const { uploadId, catalog } = source;
  if (uploadId == null && catalog !== true) {
    throw new Failure('BAD_INPUT', 'Give an `uploadId`, or `catalog: true`.', { path: ['source'] });
  }
  if (aim?.bestF1 === false) {
    throw new Failure('BAD_INPUT', 'Give `bestF1: true`, or a `precision`.', { path: ['aim'] });
  }
  const precision = aim?.precision;
  // A training calls it the aim's floor, which whoever sent it would not find in what they sent.
  if (precision != null) checked(precisionInput, precision, ['aim', 'precision']);
  return {
    ...{ name, seed },
    source: uploadId == null ? { kind: 'CATALOG' } : { kind: 'UPLOAD', uploadId },
    head: head.toLowerCase() as TrainingRequest['head'],
    groups: (groups ?? []).map((group) => group.toLowerCase() as TrainingRequest['groups'][number]),
    aim: precision == null ? { kind: 'best-f1' } : { kind: 'precision', floor: precision },
  };
}
