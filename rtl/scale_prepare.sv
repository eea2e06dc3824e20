/// What all lanes of a scale have in common, done once for them: the scale is normalised and multiplied by every
/// significand a code can have, so that a lane only chooses.
///
/// FractionBits <= 3: multiple k is scale * 1.k, normalised: {carry out of [1, 2), leading one, 12 bits, sticky}.
/// FractionBits 6: multiples 1..7 and 8..15 of the 11-bit significand, for the upper and lower three bits.
/// A zero scale has no leading one and an exponent so low that every lane's result is zero.
module scale_prepare #(
  /// Fraction bits of the lanes' decoders: 1..3 or 6.
  parameter int unsigned FractionBits = 2
) (
  input  logic [15:0]                                         scale_i,    ///< binary16, any
  output logic [dequant_pkg::prepared_bits(FractionBits)-1:0] prepared_o  ///< {nan, inf, sign, exponent, multiples}
);

  if (FractionBits < 1 || (FractionBits > 3 && FractionBits != 6)) begin : gen_check
    $error("scale_prepare: FractionBits is %0d; 1..3 and 6 are built", FractionBits);
  end

  localparam int unsigned Bits = dequant_pkg::MultipleBits;
  localparam int unsigned Multiples = dequant_pkg::multiples(FractionBits);

  logic [4:0]  field;
  logic [9:0]  fraction;
  logic [10:0] significand;  // leading one at bit 10, unless the scale is zero
  logic [6:0]  exponent;     // biased as binary16: 1..30, subnormals 0..-9
  assign {field, fraction} = scale_i[14:0];

  always_comb begin
    significand = {1'b1, fraction};
    exponent = {2'b0, field};
    if (field == 5'd0) begin
      significand = 11'd0;
      exponent = -7'd10;
      for (int unsigned j = 0; j < 10; j = j + 1) begin  // ascending: the highest one wins
        if (fraction[j]) begin
          significand = {1'b0, fraction} << (10 - j);
          exponent = 7'(j) - 7'd9;
        end
      end
    end
  end

  logic [Multiples*Bits-1:0] multiples;
  if (FractionBits <= 3) begin : gen_products
    for (genvar k = 0; k < Multiples; k = k + 1) begin : gen_multiple
      logic [11+FractionBits:0] product, normalised;
      assign product = (12 + FractionBits)'(significand) * (12 + FractionBits)'(Multiples + k);
      assign normalised = product[11+FractionBits] ? product : product << 1;
      if (FractionBits == 3) begin : gen_sticky
        assign multiples[Bits*k+:Bits] = {product[14], normalised[14:2], normalised[1] | normalised[0]};
      end else begin : gen_all
        assign multiples[Bits*k+:Bits] = {product[11+FractionBits], 14'(normalised) << (2 - FractionBits)};
      end
    end
  end else begin : gen_digits
    for (genvar k = 1; k <= Multiples; k = k + 1) begin : gen_multiple
      assign multiples[Bits*(k-1)+:Bits] = Bits'(significand) * Bits'(k);
    end
  end

  assign prepared_o = {field == 5'd31 && fraction != 10'd0, field == 5'd31 && fraction == 10'd0, scale_i[15],
                       exponent, multiples};

endmodule
