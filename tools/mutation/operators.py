"""What a mutant changes: every small alteration of a kernel's source text that compiles as often as not."""
import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<skip>//[^\n]*|/\*.*?\*/|\#[^\n]*(?:\\\n[^\n]*)*|"(?:\\.|[^"\\])*")
  | (?P<number>\b0[xX][0-9a-fA-F']+[uUlL]*\b|\b\d[\d.']*[fFuUlL]*\b)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<operator>\+\+|--|->|::|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^<>=!~?:;,.(){}\[\]])
""", re.VERBOSE | re.DOTALL)

# A binary operator stands between blanks here (clang-format): template brackets and pointers do not.
REPLACED = {"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="], "&&": ["||"],
            "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*", "%"], "%": ["/"], "^": ["|"],
            "&": ["|"], "|": ["&"], "<<": [">>"], ">>": ["<<"], "+=": ["-="], "|=": ["="], "^=": ["|="]}
# Names that are easily written for each other.
CONFUSED = [("p.m", "p.n"), ("p.n", "p.m"), ("p.k", "p.n"), ("p.k", "p.leading"), ("p.leading", "p.k"),
            ("p.rows", "p.columns"), ("p.columns", "p.rows"), ("p.wide", "p.narrow"), ("p.narrow", "p.wide"),
            ("p.n_tiles", "p.k_tiles"), ("p.k_tiles", "p.splits"), ("kTileM", "kTileK"), ("kTileK", "kTileM"),
            ("landed", "free"), ("free", "landed"), ("tile_begin", "tile_end"), ("tile_end", "tile_begin"),
            ("first_row", "first_token"), ("first_token", "first_row"), ("kWide", "kNarrow"),
            ("kNarrow", "kWide"), ("row", "column"), ("column", "row"), ("true", "false"), ("false", "true"),
            ("warp", "lane"), ("row_blocks", "k_tiles"), ("kThreads", "kTileN"), ("kRowBlocks", "kBatchBlocks"),
            ("kHigh", "kLow"), ("kLow", "kHigh")]
COMMUTATIVE = {"fadd", "fmul", "hmul2", "hmul2_bf16", "multiply_pair"}
NOT_A_CALL = {"if", "for", "while", "switch", "sizeof", "static_assert", "alignas", "decltype", "return",
              "FP6SIM_KERNEL", "constexpr"}
# Whole lines that say how fast, not what: how many CTAs should share an SM, what a loop is unrolled by.
IGNORED_LINES = re.compile(r"FP6SIM_KERNEL|static_assert|^\s*#|^\s*FP6SIM_(NO_)?UNROLL")


@dataclasses.dataclass(frozen=True)
class Mutation:
    start: int
    end: int
    text: str    # in place of source[start:end]
    kind: str
    change: str  # what a reader is told


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int


def tokens_of(source):
    return [Token(m.lastgroup, m.group(), m.start(), m.end()) for m in TOKEN.finditer(source)
            if m.lastgroup != "skip"]


def partners(tokens):
    """Index of the bracket that closes (opens) the one at each index."""
    open_at, pairs = [], {}
    for i, token in enumerate(tokens):
        if token.text in "([{":
            open_at.append(i)
        elif token.text in ")]}" and open_at:
            pairs[i] = open_at.pop()
            pairs[pairs[i]] = i
    return pairs


def other_numbers(text):
    """Literals close to this one: every hex digit with a bit flipped, or one more, one less, twice, half."""
    digits = re.match(r"0[xX][0-9a-fA-F']+|[\d.']+", text).group()
    suffix = text[len(digits):]
    if digits[:2].lower() == "0x":
        hexes = digits[2:]
        for i, digit in enumerate(hexes):
            for bit in (1, 8) if len(hexes) <= 4 else (1 << i % 4,):
                yield "0x" + hexes[:i] + f"{int(digit, 16) ^ bit:X}" + hexes[i + 1:] + suffix
    elif "." in digits:
        yield f"{float(digits) + 1:.1f}{suffix}"
    else:
        value = int(digits)
        near = [value + 1] + ([value - 1] if value > 0 else [])
        if value >= 4 and value & (value - 1) == 0:
            near += [value * 2, value // 2]
        yield from (f"{n}{suffix}" for n in near)


def literals(source, tokens, _):
    for token in tokens:
        if token.kind == "number":
            for text in other_numbers(token.text):
                yield Mutation(token.start, token.end, text, "literal", f"{token.text} -> {text}")


def operators(source, tokens, _):
    for token in tokens:
        if token.kind != "operator" or source[token.start - 1] not in " \n" or source[token.end] not in " \n":
            continue
        for text in REPLACED.get(token.text, []):
            kind = "comparison" if token.text in ("<", "<=", ">", ">=", "==", "!=", "&&", "||") else "operator"
            yield Mutation(token.start, token.end, text, kind, f"{token.text} -> {text}")


def names(source, tokens, _):
    for name, other in CONFUSED:
        for match in re.finditer(r"(?<![\w.])" + re.escape(name) + r"\b|(?<=[.>:])" + re.escape(name) + r"\b", source):
            if any(t.kind != "number" and t.start <= match.start() < t.end for t in tokens):
                yield Mutation(match.start(), match.end(), other, "name", f"{name} -> {other}")


def conditions(source, tokens, pairs):
    for i, token in enumerate(tokens):
        if token.text == "if":
            first = i + 1 if tokens[i + 1].text == "(" else i + 2
            start, end = tokens[first].end, tokens[pairs[first]].start
        elif token.text == "?":
            start, end = ternary_condition(tokens, pairs, i), token.start
        else:
            continue
        text = source[start:end].rstrip()
        shown = " ".join(text.split())
        yield Mutation(start, start + len(text), f"!({text})", "condition", f"not ({shown})")
        yield Mutation(start, start + len(text), "true" + "\n" * text.count("\n"), "condition",
                       f"({shown}) -> true")


def ternary_condition(tokens, pairs, question):
    """Where the condition before tokens[question] starts."""
    i = question
    while True:
        before = tokens[i - 1]
        if before.text in ")]}" and i - 1 in pairs:
            i = pairs[i - 1]
        elif before.text in ("=", "(", "[", "{", ",", "return", "?", ":", ";", "+=", "<<", "|"):
            return tokens[i].start
        else:
            i -= 1


def statements(source, tokens, pairs):
    """(start, end) of every simple statement: a call, an assignment or a jump."""
    for i, token in enumerate(tokens):
        if token.text != ";":
            continue
        j = i
        while j > 0 and tokens[j - 1].text not in (";", "{", "else"):
            before = tokens[j - 1]
            if before.text == "}" and tokens[pairs[j - 1] - 1].text in (")", "else", "try", "const"):
                break  # the end of a block, not of an initialiser
            if before.text == ")" and tokens[pairs[j - 1] - 1].text in ("if", "constexpr"):
                break
            if before.text in ")]}" and j - 1 in pairs:
                j = pairs[j - 1]
                continue
            if before.text == "}":
                break
            j -= 1
        while tokens[j].text.startswith("FP6SIM_") and j < i:
            j += 1
        text = source[tokens[j].start:token.start]
        call = re.fullmatch(r"[\w:]+(<[^;()]*>)?\(.*\)", text, re.DOTALL)
        assigned = re.match(r"[\w.\[\]>&* -]*?[\])\w] (=|[-+|^]=) ", text) and not re.match(r"[\w:<>]+[ *&]+\w+ = ", text)
        if tokens[j].text not in ("for", "return", "const", "constexpr", "using", "template", "static", "extern", "inline") \
                and (call or assigned) or text in ("continue", "break", "return"):
            yield tokens[j].start, token.end


def dropped(source, tokens, pairs):
    for start, end in statements(source, tokens, pairs):
        text = source[start:end]
        yield Mutation(start, end, ";" + "\n" * text.count("\n"), "dropped", "no " + " ".join(text.split()))


def reordered(source, tokens, pairs):
    found = list(statements(source, tokens, pairs))
    for (start, end), (next_start, next_end) in zip(found, found[1:]):
        between = source[end:next_start]
        if re.fullmatch(r"(\s|//[^\n]*)*", between):
            first, second = source[start:end], source[next_start:next_end]
            yield Mutation(start, next_end, second + between + first, "reordered",
                           " ".join(second.split()) + " before " + " ".join(first.split()))


def swapped_arguments(source, tokens, pairs):
    for i, token in enumerate(tokens[1:], 1):
        if token.text != "(" or i not in pairs or tokens[i - 1].text in NOT_A_CALL | COMMUTATIVE:
            continue
        if tokens[i - 1].kind != "word" and tokens[i - 1].text != ">":
            continue
        commas, j = [i], i + 1
        while j < pairs[i]:
            if tokens[j].text in "([{":
                j = pairs[j]
            elif tokens[j].text == ",":
                commas.append(j)
            j += 1
        commas.append(pairs[i])
        spans = [(tokens[a].end, tokens[b].start) for a, b in zip(commas, commas[1:])]
        parts = [source[a:b].strip() for a, b in spans]
        if any(re.search(r"(\w|[&*>])\s+[&*]?\w+$", part) and not re.search(r"[-+*/%?]", part) for part in parts):
            continue  # a declaration
        for (a, b), (c, d), one, two in zip(spans, spans[1:], parts, parts[1:]):
            if one != two:
                yield Mutation(a, d, f"{two}, {one}" + "\n" * source[a:d].count("\n"), "arguments",
                               f"{tokens[i - 1].text}(.. {two}, {one} ..)")


def mutations(source):
    """Every mutation of the source, in order of place; no two make the same text."""
    tokens = tokens_of(source)
    pairs = partners(tokens)
    found = {}
    for make in (literals, operators, names, conditions, dropped, reordered, swapped_arguments):
        for mutation in make(source, tokens, pairs):
            line = source[source.rfind("\n", 0, mutation.start) + 1:].split("\n", 1)[0]
            altered = source[mutation.start:mutation.end] != mutation.text
            if altered and not IGNORED_LINES.search(line):
                found.setdefault((mutation.start, mutation.end, mutation.text), mutation)
    return sorted(found.values(), key=lambda m: (m.start, m.end, m.text))
