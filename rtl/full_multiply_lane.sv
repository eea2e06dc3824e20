/// A lane of ready-made parts: exact decoder, then a full binary16 multiplier. What dequant_lane is weighed against.
module full_multiply_lane #(
  parameter int unsigned ExpBits = 3,
  parameter int unsigned ManBits = 2
) (
  input  logic [ExpBits+ManBits:0] code_i,
  input  logic [15:0]              scale_i,
  output logic [15:0]              result_o
);

  logic [15:0] half;
  exact_decoder #(.ExpBits(ExpBits), .ManBits(ManBits)) u_decoder (.code_i, .half_o(half));
  fp16_multiplier u_multiplier (.a_i(half), .b_i(scale_i), .result_o);

endmodule
