/** The words of models that are asked in words, apart from the engine: they answer while it is busy. */
import init, {
  example_knowledge,
  prompt_styles,
  read_knowledge,
  tasks,
  Words,
  write_knowledge,
} from '#pkg/words/groundglass_words.js';
import { Fault } from './fault';
import type { WordsCalls } from './messages';
import { serve } from './serve';

let words: Words | null = null;

function known(): Words {
  if (words === null) throw new Fault({ kind: 'internal', message: 'No tokenizer has been loaded.' });
  return words;
}

function use({ tokenizer, config }: { tokenizer: Uint8Array; config: Uint8Array }): null {
  const read = new Words('tokenizer.json', tokenizer, config);
  words?.free();
  words = read;
  return null;
}

serve<WordsCalls>({
  async start({ module, tokenizer }) {
    await init({ module_or_path: module });
    if (tokenizer !== null) use(tokenizer);
    return null;
  },
  menus: () => ({ tasks: tasks(), styles: prompt_styles(), example: example_knowledge().entries }),
  readKnowledge: ({ name, bytes }) => read_knowledge(name, bytes),
  writeKnowledge: ({ entries, json }) => write_knowledge(entries, json),
  tokenizer: use,
  questions: ({ wish }) => known().questions(wish),
  read: ({ questions, place, generated, asked }) => known().read(questions, place, generated, asked),
  text: ({ tokens }) => known().text(Uint32Array.from(tokens)),
});
