#!/usr/bin/env python3
"""Copies the RTL with faults planted, chosen at run time by the C function planted_fault() (0: none).

plant_faults.py SOURCE_FOLDER TARGET_FOLDER; the numbers are fault_test.cpp's.
"""

import pathlib
import shutil
import sys

# number, file, text that occurs once, what stands there when the fault is on
FAULTS = (
    (1, "segment_unpacker.sv", "{2'b0, segment_4, segment_2}", "{2'b0, segment_2, segment_4}"),    # swapped segments
    (2, "product_align.sv", "|by_1[1:0]", "by_1[1]"),                                              # a dropped sticky bit
    (3, "float_decoder.sv", "4'(field) - 4'(Bias)", "4'(field) - 4'(Bias) + 4'd1"),                # a wrong bias
    (4, "stream_stage.sv", "!valid_q || out_ready_i", "1'b1"),                                     # a lost beat
    (5, "product_round.sv", "sticky_i || kept_i[0]", "1'b1"),                                      # ties away from zero
    (6, "scale_sequencer.sv", "remaining_d == 16'd0", "remaining_d == 16'd1"),                     # a group too short
    (7, "integer_decoder.sv", "(Bits + 1)'(zero_i)", "(Bits + 1)'(zero_i[2:0])"),                  # half a zero point
    (8, "mode_check.sv", "!formats[format_i]", "1'b0"),                                            # an illegal format
    (9, "scale_prepare.sv", "7'(j) - 7'd9", "7'(j) - 7'd8"),                                       # subnormal scales doubled
    (10, "product_round.sv", "infinite_i && !hidden", "1'b0"),                                     # infinity times zero
)


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in source.glob("*.sv"):
        text = path.read_text()
        faults = [fault for fault in FAULTS if fault[1] == path.name]
        for number, _, right, wrong in faults:
            if text.count(right) != 1:
                sys.exit(f"plant_faults.py: fault {number}: '{right}' occurs {text.count(right)} times in {path.name}")
            text = text.replace(right, f"(planted_fault() == {number} ? ({wrong}) : ({right}))")
        if path.name == "dequant_pkg.sv":  # read first, so that all files see it
            text = 'import "DPI-C" function int planted_fault();\n' + text
        (target / path.name).write_text(text)


if __name__ == "__main__":
    main()
