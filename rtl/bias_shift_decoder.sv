/// Code -> binary16 by placing bits: no gates. The result reads value * 2^(bias - 15), exactly, subnormals included:
///
///     E3M2   s e e e m m   ->   s 0 0 e e e m m 0 0 0 0 0 0 0 0      = value * 2^-12
///
/// The power of two is put right where a multiplication happens anyway: in the scale, or in the epilogue.
module bias_shift_decoder #(
  parameter int unsigned ExpBits = 3,
  parameter int unsigned ManBits = 2
) (
  input  logic [ExpBits+ManBits:0] code_i,
  output logic [15:0]              half_o
);

  if (ExpBits < 1 || ExpBits > 5 || ManBits < 1 || ManBits > 10) begin : gen_check
    $error("bias_shift_decoder: E%0dM%0d does not fit a binary16 (E1..E5, M1..M10)", ExpBits, ManBits);
  end

  assign half_o = {code_i[ExpBits+ManBits], {(5 - ExpBits) {1'b0}}, code_i[ExpBits+ManBits-1:0],
                   {(10 - ManBits) {1'b0}}};

endmodule
