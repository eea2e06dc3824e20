/// Last part of a lane's multiplication: round to nearest even, pack, and what does not fit. A carry out of the fraction
/// runs into the exponent, which is the right exponent then; past the largest exponent that is infinity.
/// NaN is 0x7FFF, as GPUs return it.
module product_round (
  input  logic        bfloat_i,
  input  logic        infinite_i,  ///< the scale is an infinity
  input  logic        nan_i,       ///< the scale is a NaN
  input  logic        sign_i,
  input  logic [6:0]  exponent_i,
  input  logic [10:0] kept_i,
  input  logic        guard_i,
  input  logic        sticky_i,
  output logic [15:0] result_o
);

  logic        hidden, increment, overflow, nan;
  logic [4:0]  field;
  logic [14:0] packed_bits, rounded;

  assign hidden = bfloat_i ? kept_i[7] : kept_i[10];
  assign increment = guard_i && (sticky_i || kept_i[0]);
  assign field = exponent_i[4:0] & {5{hidden}};

  // bfloat16's exponent is binary16's plus 112 = 128 - 16: between 98 and 150 here.
  logic [7:0] wide_field;
  assign wide_field = ({exponent_i[6], exponent_i} + 8'd112) & {8{hidden}};

  assign packed_bits = bfloat_i ? {wide_field, kept_i[6:0]} : {field, kept_i[9:0]};
  assign rounded = packed_bits + {14'd0, increment};

  // 31 and more: bit 6 is the sign of the exponent.
  assign overflow = infinite_i || (!bfloat_i && hidden && !exponent_i[6] && (exponent_i[5] || &exponent_i[4:0]));
  assign nan = nan_i || (infinite_i && !hidden);

  assign result_o = nan ? 16'h7FFF : {sign_i, overflow ? {5'h1F, {3{bfloat_i}}, 7'd0} : rounded};

endmodule
