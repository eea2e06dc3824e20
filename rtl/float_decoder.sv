/// A float code's value, normalised: (-1)^sign * 2^exponent * 1.fraction, or zero. Bias 2^(ExpBits-1)-1, no specials.
module float_decoder #(
  parameter int unsigned ExpBits = 3,
  parameter int unsigned ManBits = 2,
  /// Bits of `fraction_o`, at least ManBits; the code's mantissa is its top.
  parameter int unsigned FractionBits = ManBits
) (
  input  logic [ExpBits+ManBits:0]  code_i,
  output logic                      sign_o,
  output logic                      zero_o,
  output logic [3:0]                exponent_o,  ///< two's complement; unspecified for zero
  output logic [FractionBits-1:0]   fraction_o
);

  if (ExpBits < 2 || ExpBits > 3 || ManBits < 1 || ManBits > 3 || FractionBits < ManBits) begin : gen_check
    $error("float_decoder: E%0dM%0d with %0d fraction bits; E2..E3, M1..M3, fraction >= M", ExpBits, ManBits,
           FractionBits);
  end

  localparam int unsigned Bias = (1 << (ExpBits - 1)) - 1;

  logic [ExpBits-1:0] field;
  logic [ManBits-1:0] mantissa;
  logic [ManBits-1:0] normalised;  // the mantissa without its leading one, where the code is subnormal
  logic [3:0]         below;       // how far that one is under the hidden bit

  assign sign_o = code_i[ExpBits+ManBits];
  assign field = code_i[ManBits+:ExpBits];
  assign mantissa = code_i[ManBits-1:0];
  assign zero_o = code_i[ExpBits+ManBits-1:0] == '0;

  always_comb begin
    below = 4'(ManBits);
    normalised = '0;
    for (int unsigned j = 1; j < ManBits; j = j + 1) begin  // ascending: the highest one wins
      if (mantissa[j]) begin
        below = 4'(ManBits - j);
        normalised = mantissa << (ManBits - j);
      end
    end
    exponent_o = field != '0 ? 4'(field) - 4'(Bias) : 4'd1 - 4'(Bias) - below;
  end

  assign fraction_o = (field != '0 ? FractionBits'(mantissa) : FractionBits'(normalised)) << (FractionBits - ManBits);

endmodule
