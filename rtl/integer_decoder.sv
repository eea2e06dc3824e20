/// An integer code's value, less the zero point, normalised: (-1)^sign * 2^exponent * 1.fraction, or zero.
module integer_decoder #(
  /// Bits of the widest integer: 4 or 8. With 8, 4-bit codes are read where `narrow_i` is set.
  parameter int unsigned Bits = 4,
  /// Bits of `fraction_o`: 6 for INT8, 3 for INT4 with zero point, 2 for symmetric INT4.
  parameter int unsigned FractionBits = 3
) (
  input  logic [Bits-1:0]         code_i,
  input  logic                    narrow_i,    ///< the code has 4 bits
  input  logic                    unsigned_i,  ///< a 4-bit code is unsigned and has a zero point
  input  logic [3:0]              zero_i,      ///< the zero point
  output logic                    sign_o,      ///< clear for zero
  output logic                    zero_o,
  output logic [3:0]              exponent_o,  ///< unspecified for zero
  output logic [FractionBits-1:0] fraction_o
);

  if (Bits != 4 && Bits != 8) begin : gen_check
    $error("integer_decoder: Bits is %0d; 4 or 8 are built", Bits);
  end

  logic [Bits:0]   extended;   // the code as a signed number of one bit more
  logic [Bits:0]   value;
  logic [Bits-1:0] magnitude;  // up to 2^(Bits-1), or 15

  if (Bits == 8) begin : gen_wide
    assign extended = narrow_i ? {{5{code_i[3] && !unsigned_i}}, code_i[3:0]} : {code_i[7], code_i};
  end else begin : gen_narrow
    assign extended = {code_i[3] && !unsigned_i, code_i};
    logic unused_narrow;
    assign unused_narrow = narrow_i;
  end

  assign value = extended - (unsigned_i ? (Bits + 1)'(zero_i) : '0);
  assign sign_o = value[Bits];
  assign magnitude = sign_o ? ~value[Bits-1:0] + 1'b1 : value[Bits-1:0];
  assign zero_o = magnitude == '0;

  // Shift the leading one to the top, then drop it. What falls off the bottom of a short fraction is zero there:
  // the one magnitude with more than FractionBits + 1 bits is a power of two.
  logic [Bits-1:0] normalised;
  always_comb begin
    exponent_o = 4'd0;
    normalised = magnitude << (Bits - 1);
    for (int unsigned j = 1; j < Bits; j = j + 1) begin
      if (magnitude[j]) begin
        exponent_o = 4'(j);
        normalised = magnitude << (Bits - 1 - j);
      end
    end
  end
  if (FractionBits >= Bits - 1) begin : gen_long_fraction
    assign fraction_o = FractionBits'(normalised[Bits-2:0]) << (FractionBits + 1 - Bits);
    logic unused_one;
    assign unused_one = normalised[Bits-1];
  end else begin : gen_short_fraction
    assign fraction_o = normalised[Bits-2-:FractionBits];
    logic unused_ends;
    assign unused_ends = ^{normalised[Bits-1], normalised[Bits-2-FractionBits:0]};
  end

endmodule
