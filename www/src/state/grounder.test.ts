import { describe, expect, it } from 'vitest';
import type { OpenedImage } from '../worker/messages';
import type { Questions, Told } from '../worker/words';
import { Asking } from './asking.svelte';
import type { WordsDesk } from './desk';
import { GrounderModel } from './grounder';
import type { EngineCall } from './loadable';

/** A words worker whose prompts are its phrases, and whose answers find as many things as the prompt has letters. */
function words(asked: string[]): WordsDesk {
  const call = async (name: string, args: Record<string, never>): Promise<unknown> => {
    asked.push(name);
    if (name === 'questions') {
      const {
        phrases = [],
        knowledge = [],
        bare,
      } = args.wish as unknown as {
        phrases?: string[];
        knowledge?: { label: string }[];
        bare?: boolean;
      };
      const texts = [...phrases, ...knowledge.map(({ label }) => (bare ? label : `${label} defined`))];
      const list = texts.map((text) => ({ prompt: { text }, tokens: [0, text.length, 2], label: text }));
      return { list } as unknown as Questions;
    }
    if (name === 'read') {
      const { questions, place } = args as unknown as { questions: Questions; place: number };
      const prompt = questions.list[place]?.prompt.text ?? '';
      const found = Array.from({ length: prompt.length }, () => ({
        label: prompt,
        score: 1,
        region: {},
        words: prompt,
      }));
      return { prompt, found } as unknown as Told;
    }
    return '';
  };
  return { call } as unknown as WordsDesk;
}

function world() {
  const asked: string[] = [];
  const asking = new Asking(words(asked));
  const model = new GrounderModel('model.safetensors', [], asking, words(asked));
  const seen = new Set<string>();
  const call = (async (name: string, args: { key: string }) => {
    asked.push(name);
    if (name === 'hasSeen') return seen.has(args.key);
    if (name === 'look') seen.add(args.key);
    return { tokens: [2, 0, 2], log_probabilities: [0, 0], probability: 1, placement: [0, 0, 1, 1] };
  }) as unknown as EngineCall;
  const image = (name: string) =>
    ({
      name,
      sha256: 'same',
      samples: new Uint8Array(1),
      width: 1,
      height: 1,
      channels: 1,
    }) as unknown as OpenedImage;
  const progress: [number, number][] = [];
  const run = (name: string) =>
    model.run(call, image(name), {
      signal: new AbortController().signal,
      progress: (done, total) => progress.push([done, total]),
    });
  return { asked, asking, model, run, progress };
}

describe('a model that is asked in words', () => {
  it('finds nothing until it is asked', async () => {
    const { asking, model } = world();
    expect(model.willing).toBe(false);
    expect(asking.ready).toBe(false);
    asking.phrases = ' a \n\n bb ';
    expect(asking.ready).toBe(true);
    await asking.settle();
    expect(model.willing).toBe(true);
  });

  it('looks at an image once for all questions, and at each slice of one file', async () => {
    const { asked, asking, run } = world();
    asking.phrases = 'a\nbb';
    await asking.settle();
    expect(await run('one')).toHaveLength(3);
    expect(await run('one')).toHaveLength(3);
    await run('two');
    expect(asked.filter((name) => name === 'look')).toHaveLength(2);
    expect(asking.answers.get('one')?.[0]?.map(({ prompt }) => prompt)).toEqual(['a', 'bb']);
    expect(asking.second).toBeNull();
  });

  it('looks again when the image is given in another way', async () => {
    const { asked, asking, run } = world();
    asking.phrases = 'a';
    await asking.settle();
    await run('one');
    asking.side = 512;
    await asking.settle();
    await run('one');
    expect(asked.filter((name) => name === 'look')).toHaveLength(2);
  });

  it('asks with definitions and by bare names, and keeps the two apart', async () => {
    const { asking, run, progress } = world();
    asking.mode = 'knowledge';
    asking.entries = [
      { label: 'cyst', definition: 'a sac', attributes: [] },
      { label: ' ', definition: '', attributes: [] },
    ];
    asking.definitions = 'both';
    await asking.settle();
    const findings = await run('one');
    expect(findings).toHaveLength('cyst defined'.length);
    expect(asking.second?.one).toHaveLength('cyst'.length);
    expect(asking.rounds.map(({ title }) => title)).toEqual(['With definitions', 'Bare names']);
    expect(progress.every(([done, total]) => done < total)).toBe(true);
    await asking.settle();
    expect(asking.answers.size).toBe(0);
  });
});
