import { Ec2Failure } from "./failure.ts";

/** The parameters of one request as the tree that their dotted names form. */
export interface ParameterNode {
  value: string | null;
  readonly members: Map<string, ParameterNode>;
}

/** A request in the Query protocol, not yet validated. */
export interface QueryRequest {
  readonly action: string;
  readonly version: string;
  /** All parameters except `Action` and `Version`, by full name. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAXIMUM_PARAMETERS = 20_000;
const MAXIMUM_DEPTH = 10;

/**
 * Parses a form body, or the query string of a GET.
 *
 * @throws Ec2Failure for a duplicate name, and if `Action` or `Version` is missing.
 */
export function parseQuery(text: string): QueryRequest {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name))
      throw new Ec2Failure("InvalidParameter", `The parameter ${name} occurs more than once`);
    if (parameters.size >= MAXIMUM_PARAMETERS)
      throw new Ec2Failure("InvalidParameter", "The request has too many parameters");
    parameters.set(name, value);
  }
  return {
    action: takeParameter(parameters, "Action"),
    version: takeParameter(parameters, "Version"),
    parameters,
  };
}

function takeParameter(parameters: Map<string, string>, name: "Action" | "Version"): string {
  const value = parameters.get(name);
  if (value === undefined || value === "")
    throw new Ec2Failure(
      name === "Action" ? "MissingAction" : "MissingParameter",
      `The request must contain the parameter ${name}`,
    );
  parameters.delete(name);
  return value;
}

/** `Filter.1.Value.2=x` as a tree. A name that is both a value and a branch is rejected. */
export function parameterTree(parameters: ReadonlyMap<string, string>): ParameterNode {
  const root = emptyNode();
  for (const [name, value] of parameters) {
    let node = root;
    const words = name.split(".");
    if (words.length > MAXIMUM_DEPTH || words.includes("")) throw unknownParameter(name);
    for (const word of words) {
      let next = node.members.get(word);
      if (next === undefined) node.members.set(word, (next = emptyNode()));
      node = next;
    }
    node.value = value;
  }
  return root;
}

function emptyNode(): ParameterNode {
  return { value: null, members: new Map() };
}

export function unknownParameter(name: string): Ec2Failure {
  return new Ec2Failure("UnknownParameter", `The parameter ${name} is not recognized`);
}
