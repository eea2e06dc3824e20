/// A tensor core's fused step that takes FP6 as it is: Products codes times as many binary16 activations, plus a binary32.
/// The same bits as decoding to binary16 first and multiplying there (`emu/mma/mma.h`, its default corners), but with
/// significand products of ManBits+1 x 11 bits in place of 11 x 11.
///
///   1. products exact, exponents added; subnormal activations keep theirs; a zero operand counts as 2^-126
///   2. all addends cut toward zero on the grid 2^(E - Fraction), E the largest exponent among them
///   3. exact sum, one rounding toward zero to binary32; 2^128 and above is infinity; a zero is +0; NaN is 0x7FFFFFFF
module fp6_dot #(
  /// Products summed at once: 8 on Ampere, 16 on Hopper.
  parameter int unsigned Products = 8,
  /// Bits kept below the largest addend's leading one: 24 on Ampere, 25 on Hopper.
  parameter int unsigned Fraction = 24,
  parameter int unsigned ExpBits = 3,
  parameter int unsigned ManBits = 2
) (
  input  logic [Products*(1+ExpBits+ManBits)-1:0] codes_i,
  input  logic [Products*16-1:0]                  activations_i,
  input  logic [31:0]                             c_i,
  output logic [31:0]                             d_o
);

  if (Products < 1 || Products > 32 || Fraction < 23 || Fraction > 30) begin : gen_check
    $error("fp6_dot: Products %0d, Fraction %0d; 1..32 and 23..30 are built", Products, Fraction);
  end

  localparam int unsigned CodeBits = 1 + ExpBits + ManBits;
  localparam int unsigned ProductBits = ManBits + 12;           // below 4: two bits before the point, ManBits + 10 after
  localparam int unsigned AddendBits = Fraction + 2;            // the same on the grid
  localparam int unsigned SumBits = AddendBits + $clog2(Products + 1) + 1;  // signed
  localparam int unsigned Exp = 10;                             // signed exponents: -252 .. 161

  // 1. Products.
  logic [Products-1:0]             sign, infinite, nan;
  logic [Products*ProductBits-1:0] significand;
  logic [Products*Exp-1:0]         exponent;
  for (genvar i = 0; i < Products; i = i + 1) begin : gen_product
    logic               code_sign, code_zero, activation_zero;
    logic [3:0]         code_exponent;
    logic [ManBits-1:0] code_fraction;
    logic [15:0]        activation;
    logic [Exp-1:0]     a, b;
    assign activation = activations_i[16*i+:16];
    float_decoder #(.ExpBits(ExpBits), .ManBits(ManBits)) u_code (
      .code_i(codes_i[CodeBits*i+:CodeBits]), .sign_o(code_sign), .zero_o(code_zero),
      .exponent_o(code_exponent), .fraction_o(code_fraction)
    );
    assign activation_zero = activation[14:0] == 15'd0;
    assign sign[i] = code_sign ^ activation[15];
    assign significand[ProductBits*i+:ProductBits] =
        ProductBits'({!code_zero, code_fraction & {ManBits{!code_zero}}}) * ProductBits'({|activation[14:10], activation[9:0]});
    assign a = code_zero ? -10'd126 : {{6{code_exponent[3]}}, code_exponent};
    assign b = activation_zero ? -10'd126 : {5'd0, activation[14:10]} + {9'd0, !(|activation[14:10])} - 10'd15;
    assign exponent[Exp*i+:Exp] = a + b;
    assign infinite[i] = &activation[14:10] && activation[9:0] == 10'd0;
    assign nan[i] = &activation[14:10] && (activation[9:0] != 10'd0 || code_zero);
  end

  // 2. The largest exponent, and everything on its grid.
  logic [Exp-1:0]     c_exponent, largest;
  logic [SumBits-1:0] sum;
  logic               c_infinite, c_nan;
  assign c_exponent = {2'd0, c_i[30:23]} + {9'd0, !(|c_i[30:23])} - 10'd127;
  assign c_infinite = &c_i[30:23] && c_i[22:0] == 23'd0;
  assign c_nan = &c_i[30:23] && c_i[22:0] != 23'd0;

  // A tree: node n has children 2n and 2n+1, the leaves are the products, then C.
  localparam int unsigned Leaves = 1 << $clog2(Products + 1);
  logic [2*Leaves*Exp-1:0] tree;
  always_comb begin
    tree = '0;
    for (int unsigned n = 0; n < Leaves; n = n + 1)
      tree[Exp*(Leaves+n)+:Exp] = n < Products ? exponent[Exp*(n<Products?n:0)+:Exp] : c_exponent;
    for (int unsigned n = Leaves - 1; n > 0; n = n - 1)
      tree[Exp*n+:Exp] = $signed(tree[Exp*2*n+:Exp]) > $signed(tree[Exp*(2*n+1)+:Exp]) ? tree[Exp*2*n+:Exp]
                                                                                       : tree[Exp*(2*n+1)+:Exp];
    largest = tree[Exp+:Exp];
  end

  logic [Products*AddendBits-1:0] addend;
  for (genvar i = 0; i < Products; i = i + 1) begin : gen_addend
    logic [Exp-1:0]        distance;
    logic [AddendBits-1:0] placed;
    assign distance = largest - exponent[Exp*i+:Exp];
    assign placed = AddendBits'(significand[ProductBits*i+:ProductBits]) << (Fraction - ManBits - 10);
    assign addend[AddendBits*i+:AddendBits] = distance[Exp-1:5] != '0 ? '0 : placed >> distance[4:0];
  end
  logic [Exp-1:0]        c_distance;
  logic [AddendBits-1:0] c_placed, c_addend;
  assign c_distance = largest - c_exponent;
  assign c_placed = AddendBits'({|c_i[30:23], c_i[22:0]}) << (Fraction - 23);
  assign c_addend = c_distance[Exp-1:5] != '0 ? '0 : c_placed >> c_distance[4:0];

  // 3. Sum, normalise, cut.
  always_comb begin
    // -x is ~x + 1: a plain sum of many terms, which synthesis makes a carry-save tree of.
    sum = (SumBits'(c_addend) ^ {SumBits{c_i[31]}}) + SumBits'(c_i[31]);
    for (int unsigned i = 0; i < Products; i = i + 1)
      sum = sum + (SumBits'(addend[AddendBits*i+:AddendBits]) ^ {SumBits{sign[i]}}) + SumBits'(sign[i]);
  end

  logic               sum_sign;
  logic [SumBits-1:0] magnitude, normalised;
  logic [5:0]         zeros;
  logic [Exp-1:0]     field;   // biased exponent if the leading one goes to the top
  logic [Exp-1:0]     excess;  // how far the least exponent is above it
  assign sum_sign = sum[SumBits-1];
  assign magnitude = sum_sign ? -sum : sum;
  always_comb begin
    zeros = 6'(SumBits - 1);
    for (int unsigned j = 0; j < SumBits - 1; j = j + 1) if (magnitude[j]) zeros = 6'(SumBits - 1 - j);
  end
  assign normalised = magnitude << zeros;
  assign field = largest + 10'(SumBits - 1 - Fraction + 127) - {4'd0, zeros};
  assign excess = 10'd1 - field;

  logic        subnormal, any_nan, any_infinite, infinite_sign;
  logic [23:0] kept;
  logic [22:0] fraction;
  assign kept = normalised[SumBits-1-:24];
  logic unused_cut;
  assign unused_cut = ^normalised[SumBits-25:0];
  assign subnormal = field[Exp-1] || field == '0;
  assign fraction = subnormal ? 23'(excess[Exp-1:5] != '0 ? 24'd0 : kept >> excess[4:0]) : kept[22:0];

  always_comb begin
    any_infinite = c_infinite || infinite != '0;
    infinite_sign = c_infinite ? c_i[31] : 1'b0;
    for (int unsigned i = 0; i < Products; i = i + 1) if (infinite[i]) infinite_sign = sign[i];
    any_nan = c_nan || nan != '0 || (c_infinite && c_i[31] != infinite_sign) || ((infinite & (sign ^ {Products{infinite_sign}})) != '0);
    if (any_nan) d_o = 32'h7FFFFFFF;
    else if (any_infinite) d_o = {infinite_sign, 31'h7F800000};
    else if (!subnormal && field >= 10'd255) d_o = {sum_sign, 31'h7F800000};
    else if (!kept[23]) d_o = 32'd0;
    else if (subnormal) d_o = {sum_sign && fraction != '0, 8'd0, fraction};
    else d_o = {sum_sign, field[7:0], fraction};
  end

endmodule
