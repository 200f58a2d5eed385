/** What a person chooses of the page's look, kept by the browser. */
const choices = { theme: ['system', 'light', 'dark'], density: ['compact', 'comfortable'] } as const;
type Choice = keyof typeof choices;

const keyOf = (choice: Choice): string => `torchweave.${choice}`;

/** What is chosen, else the first. */
export function chosen(choice: Choice): string {
  const kept = readKept(choice);
  return choices[choice].find((each) => each === kept) ?? choices[choice][0];
}

/** Goes on to the next choice, and answers it. */
export function chooseNext(choice: Choice): string {
  const all: readonly string[] = choices[choice];
  const next = all[(all.indexOf(chosen(choice)) + 1) % all.length] ?? choices[choice][0];
  try {
    localStorage.setItem(keyOf(choice), next);
  } catch {
    // A browser that keeps nothing shows the choice until it is loaded anew.
  }
  applyOne(choice, next);
  return next;
}

/** Shows what is chosen. */
export function applyLook(): void {
  applyOne('theme', chosen('theme'));
  applyOne('density', chosen('density'));
}

const applyOne = (choice: Choice, value: string): void => {
  document.documentElement.dataset[choice] = value;
};

function readKept(choice: Choice): string | null {
  try {
    return localStorage.getItem(keyOf(choice));
  } catch {
    return null;
  }
}
