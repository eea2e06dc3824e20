/// First part of a lane's multiplication: the product of a normalised code and a prepared scale, exact up to sticky,
/// normalised, with an unbounded exponent.
module product_select #(
  parameter int unsigned FractionBits = 2
) (
  input  logic                                                sign_i,
  input  logic                                                zero_i,
  input  logic [3:0]                                          exponent_i,
  input  logic [FractionBits-1:0]                             fraction_i,
  input  logic [dequant_pkg::prepared_bits(FractionBits)-1:0] prepared_i,
  output logic                                                sign_o,
  output logic [6:0]                                          exponent_o,  ///< two's complement, binary16's bias
  output logic [13:0]                                         product_o    ///< leading one, 12 bits, sticky; 0 is zero
);

  localparam int unsigned Bits = dequant_pkg::MultipleBits;
  localparam int unsigned Multiples = dequant_pkg::multiples(FractionBits);

  logic [Multiples*Bits-1:0] multiples;
  logic [6:0]                scale_exponent;
  logic                      scale_sign;
  assign multiples = prepared_i[Multiples*Bits-1:0];
  assign scale_exponent = prepared_i[Multiples*Bits+:7];
  assign scale_sign = prepared_i[Multiples*Bits+7];

  logic unused_flags;  // infinity and NaN are the beat's, not the lane's
  assign unused_flags = ^prepared_i[Multiples*Bits+8+:2];

  logic carry;
  if (FractionBits <= 3) begin : gen_choose
    logic [Bits-1:0] chosen;
    always_comb begin
      chosen = '0;
      for (int unsigned k = 0; k < Multiples; k = k + 1)
        chosen = chosen | (multiples[Bits*k+:Bits] & {Bits{fraction_i == FractionBits'(k) && !zero_i}});
    end
    assign {carry, product_o} = chosen;
  end else begin : gen_add
    logic [14:0] upper, lower;
    logic [17:0] sum, normalised;
    always_comb begin
      upper = '0;
      lower = '0;
      for (int unsigned k = 0; k < 8; k = k + 1)
        upper = upper | (multiples[Bits*(k+7)+:Bits] & {Bits{fraction_i[5:3] == 3'(k) && !zero_i}});
      for (int unsigned k = 1; k < 8; k = k + 1)
        lower = lower | (multiples[Bits*(k-1)+:Bits] & {Bits{fraction_i[2:0] == 3'(k) && !zero_i}});
    end
    assign sum = {upper, 3'd0} + {3'd0, lower};
    assign carry = sum[17];
    assign normalised = carry ? sum : sum << 1;
    assign product_o = {normalised[17:5], |normalised[4:0]};
  end

  assign sign_o = sign_i ^ scale_sign;
  assign exponent_o = scale_exponent + {{3{exponent_i[3]}}, exponent_i} + {6'd0, carry};

endmodule
