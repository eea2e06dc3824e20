/// What fp16_multiplier must compute: the product of both factors' integers, moved to units of 2^-48, one rounding by
/// remainder. Shares nothing with rtl/.
module multiplier_specification (
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  output logic [15:0] result_o
);

  logic [21:0] significands;
  logic [5:0]  places;   // both exponents above the subnormals'
  logic [79:0] product, quotient, remainder, half;
  logic [6:0]  leading, ulp;
  logic [15:0] magnitude;
  logic        sign, up;
  assign sign = a_i[15] != b_i[15];
  assign significands = {11'd0, a_i[14:10] != 0, a_i[9:0]} * {11'd0, b_i[14:10] != 0, b_i[9:0]};
  assign places = (a_i[14:10] == 0 ? 6'd0 : {1'b0, a_i[14:10]} - 6'd1) + (b_i[14:10] == 0 ? 6'd0 : {1'b0, b_i[14:10]} - 6'd1);
  assign product = {58'd0, significands} << places;
  always_comb begin
    leading = 7'd0;
    for (int j = 0; j < 80; j = j + 1) if (product[j]) leading = j;
    // The last place: 10 below the leading one, but not below 2^-24, bit 24 of units of 2^-48.
    ulp = leading < 7'd34 ? 7'd24 : leading - 7'd10;
    quotient = product >> ulp;
    remainder = product - (quotient << ulp);
    half = 80'd1 << (ulp - 1);
    up = remainder > half || (remainder == half && quotient[0]);
    // A carry out of the fraction is a carry into the exponent.
    magnitude = ({9'd0, ulp} - 16'd24) * 16'd1024 + quotient[15:0] + {15'd0, up};
    if (magnitude > 16'h7C00 || ulp > 7'd54) magnitude = 16'h7C00;

    if ((a_i[14:0] > 15'h7C00) || (b_i[14:0] > 15'h7C00) || (a_i[14:0] == 15'h7C00 && b_i[14:0] == 0) ||
        (b_i[14:0] == 15'h7C00 && a_i[14:0] == 0)) result_o = 16'h7FFF;
    else if (a_i[14:0] == 15'h7C00 || b_i[14:0] == 15'h7C00) result_o = {sign, 15'h7C00};
    else result_o = {sign, magnitude[14:0]};
  end

endmodule
