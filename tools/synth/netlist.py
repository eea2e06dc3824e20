"""RTL -> netlist of our library's cells: the steps that weighing and proving share."""

import pathlib

# abc: clean up, restructure with choices, map for area, size for the delay wanted.
MAP_SCRIPT = """strash
ifraig
scorr
dc2
dc2
balance; rewrite; refactor; balance; rewrite; rewrite -z; balance; refactor -z; rewrite -z; balance
dch -f
amap -m
topo
buffer -c -N 16
upsize -D {delay}
dnsize -D {delay}
stime -p
"""


def rtl_files(folder):
    """The package first, as Yosys wants it."""
    package = pathlib.Path(folder) / "dequant_pkg.sv"
    return [package] + sorted(path for path in pathlib.Path(folder).glob("*.sv") if path != package)


def clock_gated():
    """Techmap: a flip-flop with an enable is one behind a shared clock gate, not one behind a multiplexer."""
    return r"""
(* techmap_celltype = "$_DFFE_PP_" *)
module gate(input D, C, E, output Q); DFFE_X1 _TECHMAP_REPLACE_(.D(D), .CK(C), .E(E), .Q(Q)); endmodule
"""
