/** A phrase that this project does not use, and what to write instead. */
export interface BannedPhrase {
  readonly name: string;
  readonly pattern: RegExp;
  readonly instead: string;
}

/** Comparatives after "is no": "is no longer", "is no older than" are plain English. */
const COMPARATIVES =
  "longer|more|later|less|fewer|different|earlier|newer|older|worse|better|bigger|greater|larger|slower|smaller|shorter";

/** In everything that people read: comments, messages, titles of tests, and documents. */
export const BANNED_PHRASES: readonly BannedPhrase[] = [
  {
    name: "nobody, somebody, whoever",
    pattern: /\b(?:nobody|somebody|whoever|whosoever)\b/iu,
    instead: "name the actor: the caller, another process, no credential",
  },
  { name: "meanwhile", pattern: /\bmeanwhile\b/iu, instead: "while …, or in the meantime" },
  { name: "stand-in", pattern: /\bstand[- ]?ins?\b/iu, instead: "fake" },
  {
    name: "tell, told",
    pattern: /\b(?:told|tell(?:s|ing)?\b(?!(?: \S+){0,4} apart))\b/iu,
    instead: "log, report, print, say which",
  },
  { name: "by then", pattern: /\bby then\b/iu, instead: "already, or in the meantime" },
  {
    name: "is no X",
    pattern: new RegExp(
      `(?<!\\bthere |\\bthere's )\\b(?:is|are|was|were) no (?!(?:${COMPARATIVES})\\b)`,
      "iu",
    ),
    instead: "is not a valid X, is not an X",
  },
  { name: "looked at", pattern: /\blooked at\b/iu, instead: "read, checked, used, inspected" },
  { name: "in other hands", pattern: /\bin other hands\b/iu, instead: "driven by another process" },
  { name: "asked as", pattern: /\basked as\b/iu, instead: "pulling anonymously" },
  { name: "how-manieth", pattern: /\bhow-?manieth\b/iu, instead: "1-based number" },
  { name: "anew", pattern: /\banew\b/iu, instead: "again" },
  { name: "for ever", pattern: /\b(?:for ever|as ever)\b/iu, instead: "forever, as before" },
  { name: "mend", pattern: /\bmend(?:s|ed|ing)?\b/iu, instead: "fix" },
  { name: "let go wrong", pattern: /\blet(?:s)? go wrong\b/iu, instead: "inject a fault" },
  { name: "hear of", pattern: /\bhear[sd]? (?:of|nothing)\b/iu, instead: "receive, learn" },
];

/** At the start of a comment: a clause used as a noun. */
export const BANNED_OPENING: BannedPhrase = {
  name: "a comment that begins with What",
  pattern: /^(?:What|Whatever) (?!\S[^.]*\?)/u,
  instead: "a noun: The members that …, Settings of …",
};

/** Former names of concepts; the glossary has one name for each. */
export const BANNED_NAMES: readonly BannedPhrase[] = [
  ["standIn", "fake"],
  ["onceFound", "memoize"],
  ["onceEach", "memoize"],
  ["allotment", "admission"],
  ["allot", "admit"],
  ["entrant", "waiter"],
  ["slowness", "backpressure"],
  ["rateTurn", "pacing"],
  ["machineEnder", "terminator"],
  ["orLeft", "raceWithDetach"],
  ["rehears", "dryRun"],
  ["preflightWave", "preflightReads"],
  ["spentToken", "usedToken"],
  ["surroundings", "environment"],
  ["takeBack", "terminateOrphan"],
  ["tellWait", "reportWait"],
  ["tellSums", "reportProgress"],
  ["tellDefect", "reportDefect"],
  ["departure", "shutdown"],
  ["unasked", "skipped"],
].map(([name = "", instead = ""]) => ({
  name,
  pattern: new RegExp(`(?:\\b${name}|${name[0]?.toUpperCase()}${name.slice(1)})`, "u"),
  instead,
}));
