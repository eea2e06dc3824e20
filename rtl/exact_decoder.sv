/// Float code -> the binary16 of the same value, exactly. Every such value is a normal binary16, or a signed zero.
module exact_decoder #(
  parameter int unsigned ExpBits = 3,
  parameter int unsigned ManBits = 2
) (
  input  logic [ExpBits+ManBits:0] code_i,
  output logic [15:0]              half_o
);

  logic               zero;
  logic [3:0]         exponent;
  logic [ManBits-1:0] fraction;

  float_decoder #(.ExpBits(ExpBits), .ManBits(ManBits)) u_decoder (
    .code_i,
    .sign_o(half_o[15]),
    .zero_o(zero),
    .exponent_o(exponent),
    .fraction_o(fraction)
  );

  // The exponent lies in -4..4, so adding the bias of 15 leaves only a few bits to compute.
  assign half_o[14:10] = zero ? 5'd0 : {exponent[3], exponent} + 5'd15;
  assign half_o[9:0] = {fraction, {(10 - ManBits) {1'b0}}};

endmodule
