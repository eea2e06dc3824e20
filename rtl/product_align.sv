/// Second part of a lane's multiplication: the product moved to where it is rounded. A binary16 below the normal range
/// loses low bits, a bfloat16 (always normal here) keeps three fewer. What falls off is remembered in the sticky bit.
module product_align (
  input  logic        bfloat_i,
  input  logic [6:0]  exponent_i,
  input  logic [13:0] product_i,
  output logic [10:0] kept_o,    ///< binary16: hidden bit at 10; bfloat16: at 7
  output logic        guard_o,   ///< the bit below
  output logic        sticky_o   ///< any bit below that
);

  logic       subnormal;
  logic [3:0] shift;
  assign subnormal = exponent_i[6] || exponent_i[5:0] == 6'd0;
  assign shift = bfloat_i ? 4'd3 : (4'd1 - exponent_i[3:0]) & {4{subnormal}};

  logic [13:0] by_8, by_4, by_2, by_1;
  assign by_8 = shift[3] ? {8'd0, product_i[13:9], |product_i[8:0]} : product_i;
  assign by_4 = shift[2] ? {4'd0, by_8[13:5], |by_8[4:0]} : by_8;
  assign by_2 = shift[1] ? {2'd0, by_4[13:3], |by_4[2:0]} : by_4;
  assign by_1 = shift[0] ? {1'd0, by_2[13:2], |by_2[1:0]} : by_2;

  assign kept_o = by_1[13:3];
  assign guard_o = by_1[2];
  assign sticky_o = |by_1[1:0];

endmodule
