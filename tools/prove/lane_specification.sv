/// What dequant_lane must compute, said another way: both factors as integers of one unit, their exact product, one
/// rounding by remainder. Shares nothing with rtl/ but the numbers of the formats.
module lane_specification (
  input  logic [3:0]  format_i,
  input  logic        bfloat_i,
  input  logic [7:0]  code_i,
  input  logic [3:0]  zero_i,
  input  logic [15:0] scale_i,
  output logic [15:0] result_o
);

  // The weight in sixteenths: sign and magnitude up to 2048.
  logic        negative;
  logic [11:0] weight;
  logic [8:0]  difference;
  always_comb begin
    negative = 1'b0;
    weight = 12'd0;
    difference = 9'd0;
    case (format_i)
      4'd0: begin  // E3M2, unit 1/16
        negative = code_i[5];
        weight = code_i[4:2] == 0 ? {10'd0, code_i[1:0]} : {9'd0, 1'b1, code_i[1:0]} << (code_i[4:2] - 1);
      end
      4'd1: begin  // E2M3, unit 1/8
        negative = code_i[5];
        weight = (code_i[4:3] == 0 ? {9'd0, code_i[2:0]} : {8'd0, 1'b1, code_i[2:0]} << (code_i[4:3] - 1)) << 1;
      end
      4'd2: begin  // E2M2, unit 1/4
        negative = code_i[4];
        weight = (code_i[3:2] == 0 ? {10'd0, code_i[1:0]} : {9'd0, 1'b1, code_i[1:0]} << (code_i[3:2] - 1)) << 2;
      end
      4'd3: begin  // E3M1, unit 1/8
        negative = code_i[4];
        weight = (code_i[3:1] == 0 ? {11'd0, code_i[0]} : {10'd0, 1'b1, code_i[0]} << (code_i[3:1] - 1)) << 1;
      end
      4'd4: begin  // E2M1, unit 1/2
        negative = code_i[3];
        weight = (code_i[2:1] == 0 ? {11'd0, code_i[0]} : {10'd0, 1'b1, code_i[0]} << (code_i[2:1] - 1)) << 3;
      end
      4'd5: difference = {code_i[7], code_i};
      4'd6: difference = {{5{code_i[3]}}, code_i[3:0]};
      4'd7: difference = {5'd0, code_i[3:0]} - {5'd0, zero_i};
      default: weight = 12'd0;
    endcase
    if (format_i >= 4'd5) begin
      negative = difference[8];
      weight = {3'd0, difference[8] ? 9'd0 - difference : difference} << 4;
    end
  end

  // The scale in units of 2^-24, the product in units of 2^-28.
  logic [40:0] scale;
  logic [52:0] product;
  assign scale = scale_i[14:10] == 0 ? {31'd0, scale_i[9:0]} : {30'd0, 1'b1, scale_i[9:0]} << (scale_i[14:10] - 1);
  assign product = {41'd0, weight} * {12'd0, scale};

  // Its leading one, hence the unit in the last place, in bits of product << 8 (bfloat16 needs bits below).
  logic [5:0]  leading;
  logic [6:0]  ulp;
  logic [60:0] scaled, quotient, remainder, half;
  logic        up;
  logic [15:0] magnitude;
  always_comb begin
    leading = 6'd0;
    for (int j = 0; j < 53; j = j + 1) if (product[j]) leading = j;
    if (bfloat_i) ulp = {1'b0, leading} + 7'd1;
    else ulp = leading < 6'd14 ? 7'd12 : {1'b0, leading} - 7'd2;
    scaled = {product, 8'd0};
    quotient = scaled >> ulp;
    remainder = scaled - (quotient << ulp);
    half = 61'd1 << (ulp - 1);
    up = remainder > half || (remainder == half && quotient[0]);
    if (product == 0) magnitude = 16'd0;
    else if (bfloat_i) magnitude = ({10'd0, leading} + 16'd98) * 16'd128 + quotient[15:0] + {15'd0, up};
    else magnitude = ({9'd0, ulp} - 16'd12) * 16'd1024 + quotient[15:0] + {15'd0, up};
    if (!bfloat_i && magnitude > 16'h7C00) magnitude = 16'h7C00;

    if (scale_i[14:10] == 5'd31) begin
      if (scale_i[9:0] != 0 || weight == 0) result_o = 16'h7FFF;
      else result_o = {negative ^ scale_i[15], bfloat_i ? 15'h7F80 : 15'h7C00};
    end else begin
      result_o = {negative ^ scale_i[15], magnitude[14:0]};
    end
  end

endmodule
