/// binary16 product, one rounding to nearest even: subnormals in and out, overflow to infinity, NaN is 0x7FFF.
/// The general unit that product_select, product_align and product_round spare a lane.
module fp16_multiplier (
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  output logic [15:0] result_o
);

  logic        a_special, b_special, a_zero, b_zero, sign;
  logic [10:0] a_significand, b_significand;
  assign sign = a_i[15] ^ b_i[15];
  assign a_special = &a_i[14:10];
  assign b_special = &b_i[14:10];
  assign a_zero = a_i[14:0] == 15'd0;
  assign b_zero = b_i[14:0] == 15'd0;
  assign a_significand = {|a_i[14:10], a_i[9:0]};
  assign b_significand = {|b_i[14:10], b_i[9:0]};

  // The product has its leading one anywhere below bit 22. `exponent` is the biased exponent were it at bit 21.
  logic [21:0] product;
  logic [6:0]  exponent;
  assign product = a_significand * b_significand;
  assign exponent = {2'd0, a_i[14:10]} + {6'd0, !(|a_i[14:10])} + {2'd0, b_i[14:10]} + {6'd0, !(|b_i[14:10])} - 7'd14;

  // Left until the leading one is at the top or the exponent at its least (1); right where it is below that.
  logic [4:0] zeros, left;
  logic [3:0] right;
  logic       below;
  always_comb begin
    zeros = 5'd22;
    for (int unsigned j = 0; j < 22; j = j + 1) if (product[j]) zeros = 5'(21 - j);
  end
  assign below = exponent[6] || exponent == 7'd0;
  always_comb begin
    left = 5'd0;
    right = 4'd0;
    if (!below) left = exponent > {2'd0, zeros} ? zeros : 5'(exponent - 7'd1);
    else right = exponent[6] && exponent < 7'd117 ? 4'd15 : 4'(7'd1 - exponent);  // 117 is -11: only sticky is left
  end

  logic [21:0] shifted_left;
  logic [22:0] shifted;  // with what fell off below
  logic        fell;
  assign shifted_left = product << left;
  always_comb begin
    fell = 1'b0;
    for (int unsigned j = 0; j < 15; j = j + 1) if (j[3:0] < right && shifted_left[j]) fell = 1'b1;
  end
  assign shifted = {shifted_left >> right, fell};

  logic        hidden, increment, overflow, nan, infinite;
  logic [6:0]  field;
  logic [14:0] rounded;
  assign hidden = shifted[22];
  assign increment = shifted[11] && (|shifted[10:0] || shifted[12]);
  assign field = exponent - {2'd0, left};
  assign rounded = {field[4:0] & {5{hidden}}, shifted[21:12]} + {14'd0, increment};
  assign overflow = hidden && field >= 7'd31;
  assign infinite = a_special || b_special || overflow;
  assign nan = (a_special && (a_i[9:0] != 10'd0 || b_zero)) || (b_special && (b_i[9:0] != 10'd0 || a_zero));
  assign result_o = nan ? 16'h7FFF : {sign, infinite ? 15'h7C00 : rounded};

endmodule
