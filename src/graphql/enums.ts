import { registerEnumType } from 'type-graphql';
import { FAILURES, type FailureCode } from '../failure.js';
import {
  AnalysisState,
  EventKind,
  LabelGroupKind,
  LearningState,
  LineKind,
  LineOrigin,
  ShotKind,
  Signal,
  SourceKind,
  StageName,
  TagState,
  TagWeight,
  Verdict,
} from '../generated/prisma/enums.js';

export const TitleOrderField = {
  NAME: 'NAME',
  RELEASE_YEAR: 'RELEASE_YEAR',
  CREATED_AT: 'CREATED_AT',
} as const;
export const OrderDirection = { ASC: 'ASC', DESC: 'DESC' } as const;
export const ErrorCode = Object.fromEntries(Object.keys(FAILURES).map((code) => [code, code])) as {
  [Code in FailureCode]: Code;
};

export const Aspect = {
  TEXT: 'TEXT',
  WORDS: 'WORDS',
  PICTURE: 'PICTURE',
  SOUND: 'SOUND',
  TAGS: 'TAGS',
} as const;
export const MatchKind = { NAME: 'NAME', WORDS: 'WORDS', MEANING: 'MEANING', LABELS: 'LABELS' } as const;
export const MomentKind = { LINE: 'LINE', MEANING: 'MEANING', PICTURE: 'PICTURE' } as const;
export const HeadKind = { AUTO: 'AUTO', LINEAR: 'LINEAR', HIDDEN: 'HIDDEN' } as const;
export const RowKind = {
  MOOD: 'MOOD',
  THEME: 'THEME',
  MOOD_THEME: 'MOOD_THEME',
  MOOD_GENRE: 'MOOD_GENRE',
  GENRE_THEME: 'GENRE_THEME',
} as const;

type Values<Enum extends object> = Record<keyof Enum, string>;

function register<Enum extends object>(
  values: Enum,
  name: string,
  description: string,
  each: Values<Enum>,
): void {
  const entries = Object.entries<string>(each).map(([value, text]) => [value, { description: text }]);
  registerEnumType(values, { name, description, valuesConfig: Object.fromEntries(entries) });
}

register(TitleOrderField, 'TitleOrderField', 'What titles are ordered by.', {
  NAME: "The name, in the database's collation.",
  RELEASE_YEAR: 'The release year; titles without one come last.',
  CREATED_AT: 'When the title came into the catalog.',
});
register(OrderDirection, 'OrderDirection', 'Which end comes first.', {
  ASC: 'Smallest, earliest or alphabetically first.',
  DESC: 'Largest, latest or alphabetically last.',
});
register(ErrorCode, 'ErrorCode', 'Why something could not be done.', retryAdvice());
register(SourceKind, 'SourceKind', 'Where a trailer comes from.', {
  PATH: 'A file on the server, inside its media roots.',
  UPLOAD: 'A file that was sent with `PUT /uploads`.',
  URL: 'An https address or a YouTube video.',
});
register(AnalysisState, 'AnalysisState', 'How far an analysis is.', {
  QUEUED: 'Waits for a worker.',
  RUNNING: 'A worker runs its stages.',
  SUCCEEDED: 'Ended; its prediction is published.',
  FAILED: 'Ended with an error; `retryAnalysis` queues it again.',
  CANCELLED: 'Ended because somebody asked for it; `retryAnalysis` queues it again.',
});
register(LearningState, 'LearningState', 'How far a training or a re-tagging is.', {
  QUEUED: 'Waits for a worker.',
  RUNNING: 'A worker is at it.',
  SUCCEEDED: 'Ended; its result is there.',
  FAILED: 'Ended with an error.',
  CANCELLED: 'Ended because somebody asked for it, or because another classifier was activated.',
});
register(HeadKind, 'HeadKind', 'What reads the vectors of picture and sound in a trained classifier.', {
  AUTO: 'The better one of the two, by cross-validation.',
  LINEAR: 'One logistic regression a label.',
  HIDDEN: 'A hidden layer of 512 units.',
});
register(StageName, 'StageName', 'The steps of an analysis, in their order.', {
  FETCH: 'Get the file.',
  PROBE: 'Read what the container says of itself.',
  DECODE: 'Find the shots; take frames, sound and subtitle tracks.',
  TRANSCRIBE: 'Choose the words: sidecar, embedded track, captions, or speech recognition.',
  EMBED: 'Turn words, picture and sound into vectors.',
  TAG: 'Decide the labels, with their evidence.',
  PUBLISH: 'Store the prediction and tell subscribers.',
});
register(EventKind, 'EventKind', 'What an event reports.', {
  STATE: 'The analysis changed its state.',
  STAGE: 'A stage began.',
  PROGRESS: 'A stage got further.',
});
register(Signal, 'Signal', 'What a trailer speaks to.', {
  TEXT: 'Its words.',
  PICTURE: 'Its picture.',
  SOUND: 'Its sound.',
});
register(ShotKind, 'ShotKind', 'What a shot shows.', {
  CONTENT: 'The film itself.',
  BLACK: 'Nothing: black.',
  CARD: 'A title card or credits.',
  LOGO: "A studio's or rating board's logo.",
});
register(LineKind, 'LineKind', 'What a line of the transcript is.', {
  SPEECH: 'Spoken or written words.',
  MUSIC: 'Sung words or a sign for music.',
  SOUND: 'The description of a sound.',
});
register(LineOrigin, 'LineOrigin', 'Where a line of the transcript comes from.', {
  SIDECAR: 'A subtitle file that came along.',
  EMBEDDED: "A subtitle track of the trailer's file.",
  PLATFORM: 'Captions of the platform that hosts the trailer.',
  RECOGNISER: 'Speech recognition.',
});
register(LabelGroupKind, 'LabelGroupKind', 'The groups of labels.', {
  GENRE: 'What kind of film it is.',
  MOOD: 'How it feels.',
  THEME: 'What it is about.',
});
register(TagState, 'TagState', 'What was decided about a label.', {
  ACCEPTED: 'The probability reaches the threshold.',
  SUGGESTED: 'Close below the threshold: worth a look.',
  BELOW_THRESHOLD: 'Not this label.',
  ABSTAINED: 'The signals were too weak to say.',
});
register(TagWeight, 'TagWeight', 'How much an accepted tag stands for the trailer.', {
  PRIMARY: 'The first of its group; at most one a group.',
  MAJOR: 'Among those that describe the trailer best.',
  SIGNIFICANT: 'Present.',
});
register(Aspect, 'Aspect', 'What titles can be alike in.', {
  TEXT: 'What is said and told, by meaning.',
  WORDS: 'The very words of what is said and told, names among them.',
  PICTURE: 'How it looks.',
  SOUND: 'How it sounds.',
  TAGS: 'Its genres, moods and themes.',
});
register(MatchKind, 'MatchKind', 'What a search found a title by.', {
  NAME: 'Its name, typing errors allowed.',
  WORDS: 'Words of its name, labels, synopsis or transcript.',
  MEANING: 'A text that speaks of the same things.',
  LABELS: 'Labels that the query names.',
});
register(MomentKind, 'MomentKind', 'What a moment was found by.', {
  LINE: 'The words of its line.',
  MEANING: 'A line that speaks of the same things.',
  PICTURE: 'How the shot looks: light, colour, motion.',
});
register(RowKind, 'RowKind', 'What a row is made of.', {
  MOOD: 'One mood.',
  THEME: 'One theme.',
  MOOD_THEME: 'A mood and a theme: "Dark tales of revenge".',
  MOOD_GENRE: 'A mood and a genre: "Eerie mysteries".',
  GENRE_THEME: 'A genre and a theme: "Westerns of revenge".',
});
register(Verdict, 'Verdict', "An editor's judgement of a tag.", {
  ACCEPT: 'The label is right.',
  REJECT: 'The label is wrong.',
  PRIMARY: "The label is right, and its group's first.",
});

function retryAdvice(): Values<typeof ErrorCode> {
  const entries = Object.entries(FAILURES).map(([code, { retryable }]) => [
    code,
    retryable ? 'Trying again later can help.' : 'Trying again without a change cannot help.',
  ]);
  return Object.fromEntries(entries);
}

export {
  AnalysisState,
  EventKind,
  LabelGroupKind,
  LearningState,
  LineKind,
  LineOrigin,
  ShotKind,
  Signal,
  SourceKind,
  StageName,
  TagState,
  TagWeight,
  Verdict,
};
