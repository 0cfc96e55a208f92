import { fileURLToPath } from 'node:url';
import { registerLabels } from '../../src/catalog/registry.js';
import { importTitles } from '../../src/catalog/title-import.js';
import type { Config } from '../../src/config.js';
import { readTaxonomy } from '../../src/tagging/taxonomy.js';
import { type RunningServer, runServer } from '../http/running-server.js';

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url));

/** Kinds of film with what such films tell; each sentence in a wording of its own. */
const KINDS: { genre: string; stem: string; sentences: string[] }[] = [
  {
    genre: 'Western',
    stem: 'Canyon',
    sentences: [
      'A sheriff hunts outlaws across the desert after they rob the stagecoach.',
      'A lone gunfighter rides into a frontier town and defends the ranchers against a cattle baron.',
      'Cowboys drive a herd through Indian territory while bandits wait for them.',
      'A marshal takes revenge on the gang of outlaws that killed his brother.',
    ],
  },
  {
    genre: 'Science Fiction',
    stem: 'Orbit',
    sentences: [
      'Astronauts on a distant planet meet hostile aliens and fight to return to Earth.',
      'A scientist builds a robot that turns against mankind and the space station.',
      'The crew of a spaceship wakes an alien creature that kills them one by one.',
      'Invaders from another galaxy land and an alien fleet attacks the cities of Earth.',
    ],
  },
  {
    genre: 'Romance',
    stem: 'Garden',
    sentences: [
      'A young woman falls in love with a wealthy stranger and must choose between two suitors before the wedding.',
      'Two lovers are parted by their families and meet again years later in Paris.',
      'A secretary falls in love with her boss, who is engaged to be married to another woman.',
      'A widow and a sailor spend one summer together and fall in love by the sea.',
    ],
  },
  {
    genre: 'Horror',
    stem: 'Cellar',
    sentences: [
      'A masked killer stalks teenagers in the woods and murders them with a knife.',
      'A family moves into a haunted house where a ghost torments the children at night.',
      'A vampire rises from his grave and drinks the blood of the villagers.',
      'A possessed girl is visited by an exorcist while demons kill the people around her.',
    ],
  },
  {
    genre: 'War',
    stem: 'Trench',
    sentences: [
      'Soldiers of a platoon fight behind enemy lines and lose their comrades in battle.',
      'A pilot is shot down over Germany and escapes from a prison camp of the Nazis.',
      'An officer leads his troops in a hopeless attack on the enemy trenches.',
      'A submarine hunts a convoy while its captain doubts the war and his orders.',
    ],
  },
];

/** Films a kind. */
export const FILMS_EACH = 12;

/** A server over sixty titles of five kinds with the real pack, their profiles made and indexed. */
export async function runServerWithFilms(change: Partial<Config> = {}): Promise<RunningServer> {
  const taxonomy = await readTaxonomy(`${MODELS}taxonomy.json`);
  const server = await runServer(() => change, { app: { taxonomy } });
  const { prisma } = server.database;
  await registerLabels(
    prisma,
    taxonomy.groups.flatMap(({ kind, labels }) =>
      labels.map(({ id, name, definition }) => ({ id, name, definition, group: kind })),
    ),
  );
  const titles = KINDS.flatMap(({ genre, stem, sentences }) =>
    Array.from({ length: FILMS_EACH }, (_, i) => ({
      externalId: { source: 'test', value: `${genre} ${i}` },
      name: `${stem} ${i + 1}`,
      releaseYear: 1950 + i,
      synopsis: `${sentences[i % 4]} ${sentences[(i + 1 + Math.floor(i / 4)) % 4]}`,
      genres: [genre],
    })),
  );
  await importTitles(prisma, titles);
  await server.app.discovery.makeProfiles();
  await server.app.discovery.refresh();
  return server;
}
