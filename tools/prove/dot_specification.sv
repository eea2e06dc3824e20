/// What fp6_dot must compute, in fixed point: every product and the accumulator as wide integers of one unit 2^-U, cut toward
/// zero on the grid of the largest exponent, added, cut once more to the accumulator's format. Shares nothing with rtl/.
/// Small formats only: the integers hold all of their range.
module dot_specification #(
  parameter Products = 2, Fraction = 4, ExpBits = 2, ManBits = 1, ActExpBits = 2, ActManBits = 2, AccExpBits = 3,
  parameter AccManBits = 3
) (
  input  logic [Products*(1+ExpBits+ManBits)-1:0]       codes_i,
  input  logic [Products*(1+ActExpBits+ActManBits)-1:0] activations_i,
  input  logic [AccExpBits+AccManBits:0]                c_i,
  output logic [AccExpBits+AccManBits:0]                d_o
);
  localparam U = 16;  // bits below the point of every integer
  localparam CodeBits = 1 + ExpBits + ManBits, ActBits = 1 + ActExpBits + ActManBits, AccBits = 1 + AccExpBits + AccManBits;
  localparam signed CodeBias = (1 << (ExpBits - 1)) - 1, ActBias = (1 << (ActExpBits - 1)) - 1, AccBias = (1 << (AccExpBits - 1)) - 1;
  localparam signed ZeroExponent = 1 - AccBias;
  localparam ActOnes = (1 << ActExpBits) - 1, AccOnes = (1 << AccExpBits) - 1;
  localparam Infinity = AccOnes << AccManBits;  // magnitude

  logic [CodeBits-1:0] code;
  logic [ActBits-1:0]  activation;
  logic [7:0]          code_field, act_field;
  logic [15:0]         code_integer, act_integer;
  logic signed [7:0]   code_exponent, exponent, largest, last;
  logic                any_nan, plus_infinity, minus_infinity;
  logic signed [7:0]   exponents[0:Products];
  logic [39:0]         magnitudes[0:Products];
  logic [Products:0]   negative;
  logic signed [43:0]  sum, cut;
  logic [43:0]         size, kept, result;
  integer              leading;

  always_comb begin
    any_nan = 1'b0;
    plus_infinity = 1'b0;
    minus_infinity = 1'b0;
    for (int i = 0; i < Products; i = i + 1) begin
      code = codes_i[CodeBits*i+:CodeBits];
      activation = activations_i[ActBits*i+:ActBits];
      code_field = code[ManBits+:ExpBits];
      act_field = activation[ActManBits+:ActExpBits];
      negative[i] = code[CodeBits-1] != activation[ActBits-1];
      // In units of the formats' least subnormals.
      code_integer = code_field == 0 ? code[ManBits-1:0] : ((1 << ManBits) + code[ManBits-1:0]) << (code_field - 1);
      act_integer = act_field == 0 ? activation[ActManBits-1:0] : ((1 << ActManBits) + activation[ActManBits-1:0]) << (act_field - 1);
      magnitudes[i] = ({24'd0, code_integer} * {24'd0, act_integer}) << (U - ManBits - CodeBias + 1 - ActManBits - ActBias + 1);
      // A code is taken as the normal number it is in a wider format; an activation keeps its own exponent.
      code_exponent = 0;
      for (int j = 0; j < 16; j = j + 1) if (code_integer[j]) code_exponent = j - ManBits - CodeBias + 1;
      if (code_integer == 0) code_exponent = ZeroExponent;
      exponent = act_integer == 0 ? ZeroExponent : $signed({1'b0, act_field == 0 ? 8'd1 : act_field}) - ActBias;
      exponents[i] = code_exponent + exponent;
      if (act_field == ActOnes) begin
        if (activation[ActManBits-1:0] != 0 || code_integer == 0) any_nan = 1'b1;
        else if (negative[i]) minus_infinity = 1'b1;
        else plus_infinity = 1'b1;
      end
    end

    act_field = c_i[AccManBits+:AccExpBits];
    negative[Products] = c_i[AccBits-1];
    magnitudes[Products] = (act_field == 0 ? c_i[AccManBits-1:0] : ((1 << AccManBits) + c_i[AccManBits-1:0]) << (act_field - 1))
                           << (U - AccManBits - AccBias + 1);
    exponents[Products] = $signed({1'b0, act_field == 0 ? 8'd1 : act_field}) - AccBias;
    if (act_field == AccOnes) begin
      if (c_i[AccManBits-1:0] != 0) any_nan = 1'b1;
      else if (negative[Products]) minus_infinity = 1'b1;
      else plus_infinity = 1'b1;
    end

    largest = exponents[Products];
    for (int i = 0; i < Products; i = i + 1) if (exponents[i] > largest) largest = exponents[i];
    last = largest - Fraction + U;  // the grid's bit; never negative here
    sum = 0;
    for (int i = 0; i <= Products; i = i + 1) begin
      cut = $signed({4'd0, (magnitudes[i] >> last) << last});
      sum = negative[i] ? sum - cut : sum + cut;
    end

    size = sum < 0 ? -sum : sum;
    leading = 0;
    for (int j = 0; j < 44; j = j + 1) if (size[j]) leading = j;
    last = 1 - AccBias - AccManBits + U;  // the least subnormal's bit
    if (leading - AccManBits > last) last = leading - AccManBits;
    kept = size >> last;
    // Above the least bit a leading one adds itself to the exponent.
    result = ((last - (1 - AccBias - AccManBits + U)) << AccManBits) + kept;
    if (result > Infinity) result = Infinity;
    if (any_nan || (plus_infinity && minus_infinity)) d_o = {1'b0, {AccBits - 1{1'b1}}};
    else if (plus_infinity || minus_infinity) d_o = {minus_infinity, Infinity[AccBits-2:0]};
    else d_o = {sum < 0 && kept != 0, result[AccBits-2:0]};
  end
endmodule
