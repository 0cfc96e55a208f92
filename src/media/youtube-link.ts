const HOSTS = new Set([
  'youtube.com',
  'www.youtube.com',
  'm.youtube.com',
  'music.youtube.com',
  'youtube-nocookie.com',
  'www.youtube-nocookie.com',
]);
const VIDEO_ID = /^[A-Za-z0-9_-]{11}$/;
const PATH_FORMS = new Set(['shorts', 'embed', 'live', 'v']);

/** The video that a YouTube link names (watch, youtu.be, shorts, embed, live), or null where it is none. */
export function youtubeVideoId(text: string): string | null {
  if (!URL.canParse(text.trim())) return null;
  const url = new URL(text.trim());
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const id = candidate(url);
  return id !== null && VIDEO_ID.test(id) ? id : null;
}

function candidate(url: URL): string | null {
  const [, first = '', second = ''] = url.pathname.split('/');
  if (url.hostname === 'youtu.be') return first;
  if (!HOSTS.has(url.hostname)) return null;
  if (first === 'watch') return url.searchParams.get('v');
  return PATH_FORMS.has(first) ? second : null;
}

/** Whether a link belongs to YouTube at all, a video's or not. */
export function isYoutube(text: string): boolean {
  if (!URL.canParse(text.trim())) return false;
  const { hostname } = new URL(text.trim());
  return hostname === 'youtu.be' || HOSTS.has(hostname);
}
