"""Plots of compared rows as SVG text: no dependency, the same bytes from the same rows."""
import math

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def _page(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def _line(x1, y1, x2, y2, colour="#999", dash=""):
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashed}/>'


def _text(x, y, text, anchor="middle"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _dot(x, y, colour, filled, title):
    fill = colour if filled else "white"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" stroke="{colour}" fill="{fill}"><title>{title}</title></circle>'


def _title(row):
    return (f'{row["model"]} {row["layer"]} batch {row["batch"]} {row["kernel"]}: measured {row["measured"]:.2f}, '
            f'simulated {row["predicted"]:.2f}')


def _kernels(rows):
    return sorted({row["kernel"] for row in rows})


def scatter(rows, side=420, margin=50):
    """Simulated against measured, with the diagonal and 10 % to either side; LLaMA-65B filled."""
    values = [row[key] for row in rows for key in ("measured", "predicted")]
    low, high = math.floor(10 * min(values)) / 10, math.ceil(10 * max(values)) / 10

    def at(value):
        return (value - low) / (high - low) * side

    def point(x, y):
        return margin + at(x), margin + side - at(y)

    parts = [f'<rect x="{margin}" y="{margin}" width="{side}" height="{side}" fill="none" stroke="#333"/>']
    for factor, dash in ((0.9, "4 3"), (1.0, ""), (1.1, "4 3")):
        start, end = max(low, low / factor), min(high, high / factor)
        parts.append(_line(*point(start, start * factor), *point(end, end * factor), dash=dash))
    for tick in range(math.ceil(2 * low), math.floor(2 * high) + 1):
        x, y = point(tick / 2, tick / 2)
        parts += [_text(x, margin + side + 16, tick / 2), _text(margin - 6, y + 4, tick / 2, "end")]
    for number, kernel in enumerate(_kernels(rows)):
        colour = COLOURS[number % len(COLOURS)]
        for row in rows:
            if row["kernel"] == kernel:
                parts.append(_dot(*point(row["measured"], row["predicted"]), colour, row["model"] == "LLaMA-65B", _title(row)))
        parts += [_dot(margin + 14, margin + 16 + 16 * number, colour, True, kernel),
                  _text(margin + 24, margin + 20 + 16 * number, kernel, "start")]
    parts += [_text(margin + side / 2, margin + side + 36, "measured speedup over cuBLAS FP16 (filled: LLaMA-65B; dashed: 10 %)"),
              _text(margin + side / 2, margin - 12, "simulated speedup")]
    return _page(side + 2 * margin, side + 2 * margin, parts)


def errors(rows, width=420, height=300, margin=50):
    """Every row's error by kernel, the mean absolute error as a bar."""
    kernels = _kernels(rows)
    worst = max(5, math.ceil(max(abs(row["error_pct"]) for row in rows) / 5) * 5)
    step = width / len(kernels)

    def at(error):
        return margin + height / 2 - error / worst * height / 2

    parts = [f'<rect x="{margin}" y="{margin}" width="{width}" height="{height}" fill="none" stroke="#333"/>']
    for tick in range(-worst, worst + 1, 5):
        parts += [_line(margin, at(tick), margin + width, at(tick), "#ddd" if tick else "#333"), _text(margin - 6, at(tick) + 4, tick, "end")]
    for number, kernel in enumerate(kernels):
        colour = COLOURS[number % len(COLOURS)]
        own = [row for row in rows if row["kernel"] == kernel]
        mean = sum(abs(row["error_pct"]) for row in own) / len(own)
        left = margin + step * number
        parts.append(f'<rect x="{left + 0.2 * step:.1f}" y="{at(mean):.1f}" width="{0.6 * step:.1f}" '
                     f'height="{at(-mean) - at(mean):.1f}" fill="{colour}" fill-opacity="0.15"/>')
        for place, row in enumerate(own):
            x = left + step * (0.2 + 0.6 * (place + 0.5) / len(own))
            parts.append(_dot(x, at(row["error_pct"]), colour, row["model"] == "LLaMA-65B", _title(row)))
        parts.append(_text(left + step / 2, margin + height + 16 + 14 * (number % 2), f"{kernel}: {mean:.1f} %"))
    parts.append(_text(margin + width / 2, margin - 12, "error of the simulated ratio in %; band: mean absolute error"))
    return _page(width + 2 * margin, height + 2 * margin, parts)
