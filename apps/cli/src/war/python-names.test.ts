import { describe, expect, it } from 'vitest';
import { topLevelNames } from './python-names.js';

const namesIn = (...lines: string[]): string[] | undefined => {
  const names = topLevelNames(lines.join('\n'));
  return names && [...names];
};

describe('topLevelNames', () => {
  it.each([
    ['a function', 'def pre(data, context):'],
    ['a coroutine', 'async def pre(data, context):'],
    ['a class', 'class pre:'],
    ['an assignment', 'pre = make()'],
    ['one of several targets', 'a, (pre, b) = make()'],
    ['a chain of assignments', 'a = pre = make()'],
    ['an annotated assignment', 'pre: Callable = make()'],
    ['an import', 'import pre'],
    ['an import under another name', 'import numpy.linalg as pre'],
    ['an import from a module', 'from steps import pre'],
    ['an import under another name from a module', 'from steps import other as pre'],
    ['a loop variable', 'for pre in make():'],
    ['a statement behind a semicolon', 'import os; pre = make()'],
  ])('finds the name of %s', (_what, line) => {
    expect(namesIn(line)).toContain('pre');
  });

  it('finds names outside ASCII', () => {
    expect(namesIn('größe_2 = 1')).toEqual(['größe_2']);
  });

  it('finds imports that take several lines', () => {
    expect(namesIn('from steps import (', '    pre,  # the first', '    other as post,', ')')).toEqual(['pre', 'post']);
    expect(namesIn('from steps import pre, \\', '    post')).toEqual(['pre', 'post']);
  });

  it('finds definitions in the blocks of if and try', () => {
    const lines = [
      'try:',
      '    from fast import pre',
      'except ImportError:',
      '    def pre(data, context):',
      '        x = 1',
    ];
    expect(namesIn(...lines)).toEqual(['pre']);
    expect(namesIn('if True:', '\tdef post(d, c):', '\t\tpass', '\tother = post')).toContain('other');
  });

  it('does not take what is inside of functions and classes for top-level names', () => {
    const lines = ['class Steps:', '    def pre(self): pass', 'def outer():', '    def post(): pass', '    inner = 1'];
    expect(namesIn(...lines)).toEqual(['Steps', 'outer']);
  });

  it('takes what a function declares global', () => {
    expect(namesIn('def setup():', '    global pre, post', '    pre = post = 1')).toEqual(['setup', 'pre', 'post']);
  });

  it('does not read strings and comments', () => {
    const lines = [
      '"""',
      'def pre(): pass',
      '"""',
      "text = 'it\\'s # no comment'",
      '# def post(): pass',
      'def last(): pass',
    ];
    expect(namesIn(...lines)).toEqual(['text', 'last']);
  });

  it('does not take keyword arguments and comparisons for assignments', () => {
    expect(namesIn('configure(pre=1)', 'post == 2', 'assert last <= 3')).not.toEqual(
      expect.arrayContaining(['post', 'last']),
    );
  });

  it.each([
    ['a star import', 'from steps import *'],
    ['code that is run', 'exec(source)'],
    ['the table of names', 'globals()["pre"] = 1'],
    ['setattr', 'setattr(sys.modules[__name__], "pre", f)'],
    ['__getattr__', 'def __getattr__(name): return f'],
  ])('cannot tell with %s', (_what, line) => {
    expect(namesIn(line)).toBeUndefined();
  });

  it('gets to the end of a string that is not closed', () => {
    expect(namesIn('def pre(): pass', 'text = """never closed', 'def post(): pass')).toEqual(['pre', 'text']);
    expect(namesIn("text = 'not closed", 'def post(): pass')).toEqual(['text', 'post']);
  });
});
