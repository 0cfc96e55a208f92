/**
 * What Whisper is known to write over music and silence: closing words and credits of the subtitles that it
 * learned from. Compared without case, punctuation and spaces at the ends.
 */
const PHANTOMS: ReadonlySet<string> = new Set(
  [
    'you',
    'bye',
    'bye bye',
    'thank you',
    'thank you very much',
    'thank you so much',
    'thanks for watching',
    'thank you for watching',
    'thank you so much for watching',
    'thanks for listening',
    'thank you for listening',
    'please subscribe',
    'please subscribe to my channel',
    'like and subscribe',
    "don't forget to like and subscribe",
    'see you next time',
    'see you in the next video',
    "i'll see you in the next video",
    'subtitles by the amara.org community',
    'transcription by castingwords',
    'music',
    'untertitel der amara.org-community',
    'untertitelung des zdf, 2020',
    'untertitel im auftrag des zdf für funk, 2017',
    'vielen dank',
    'vielen dank fürs zuschauen',
    'bis zum nächsten mal',
    "sous-titres réalisés para la communauté d'amara.org",
    "sous-titres réalisés par la communauté d'amara.org",
    'sous-titrage société radio-canada',
    "merci d'avoir regardé cette vidéo",
    'merci',
    'subtítulos realizados por la comunidad de amara.org',
    'gracias por ver el video',
    'gracias',
    'suscríbete al canal',
    'legendas pela comunidade amara.org',
    'obrigado',
    'obrigado por assistir',
    'sottotitoli creati dalla comunità amara.org',
    'sottotitoli e revisione a cura di qtss',
    'grazie a tutti',
    'ondertitels ingediend door de amara.org gemeenschap',
    'napisy stworzone przez społeczność amara.org',
    'продолжение следует',
    'спасибо за просмотр',
    'субтитры сделал dimatorzok',
    'субтитры создавал dimatorzok',
    'редактор субтитров а.семкин корректор а.егорова',
    'altyazı m.k',
    'ترجمة نانسي قنقر',
    'ご視聴ありがとうございました',
    'ありがとうございました',
    'おやすみなさい',
    '시청해주셔서 감사합니다',
    'mbc 뉴스 이덕영입니다',
    '请不吝点赞 订阅 转发 打赏支持明镜与点点栏目',
    '字幕由amara.org社区提供',
    '字幕由 amara.org 社群提供',
    '谢谢观看',
  ].map(plain),
);

/** Below it a phrase of the list is taken for made up. */
const SURE = 0.8;

/**
 * True for a phrase that Whisper makes up, where speech is not sure. The same phrase is kept where somebody says it.
 *
 * @param speechProbability the lesser of what the gate and what the recogniser give for speech
 */
export function isPhantom(text: string, speechProbability: number): boolean {
  const words = plain(text);
  return words === '' || (speechProbability < SURE && PHANTOMS.has(words));
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll(/[^\p{L}\p{N}' ]+/gu, ' ')
    .replaceAll(/ +/g, ' ')
    .trim();
}
