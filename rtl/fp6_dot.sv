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
  parameter int unsigned ManBits = 2,
  /// The activations' format, binary16, and the accumulator's, binary32: smaller ones are for proofs.
  parameter int unsigned ActExpBits = 5,
  parameter int unsigned ActManBits = 10,
  parameter int unsigned AccExpBits = 8,
  parameter int unsigned AccManBits = 23
) (
  input  logic [Products*(1+ExpBits+ManBits)-1:0]       codes_i,
  input  logic [Products*(1+ActExpBits+ActManBits)-1:0] activations_i,
  input  logic [AccExpBits+AccManBits:0]                c_i,
  output logic [AccExpBits+AccManBits:0]                d_o
);

  if (Products < 1 || Products > 32 || Fraction < AccManBits || Fraction < ManBits + ActManBits || Fraction > 30)
  begin : gen_check
    $error("fp6_dot: Products %0d, Fraction %0d; 1..32 and %0d..30 are built", Products, Fraction, AccManBits);
  end
  if (ActExpBits < 2 || ActExpBits > 5 || ActManBits < 1 || AccExpBits < 3 || AccExpBits > 8 || AccManBits < 1)
  begin : gen_check_formats
    $error("fp6_dot: activations E%0dM%0d, accumulator E%0dM%0d; E2..E5 and E3..E8 are built", ActExpBits, ActManBits,
           AccExpBits, AccManBits);
  end

  localparam int unsigned CodeBits = 1 + ExpBits + ManBits;
  localparam int unsigned ActBits = 1 + ActExpBits + ActManBits;
  localparam int unsigned ProductBits = ManBits + ActManBits + 2;  // below 4: two bits before the point
  localparam int unsigned AddendBits = Fraction + 2;            // the same on the grid
  localparam int unsigned SumBits = AddendBits + $clog2(Products + 1) + 1;  // signed
  localparam int unsigned Exp = 10;                             // signed exponents: -252 .. 161
  localparam logic [Exp-1:0] ActBias = Exp'((1 << (ActExpBits - 1)) - 1);
  localparam logic [Exp-1:0] AccBias = Exp'((1 << (AccExpBits - 1)) - 1);
  localparam logic [Exp-1:0] ZeroExponent = Exp'(1) - AccBias;  // -126

  // 1. Products.
  logic [Products-1:0]             sign, infinite, nan;
  logic [Products*ProductBits-1:0] significand;
  logic [Products*Exp-1:0]         exponent;
  for (genvar i = 0; i < Products; i = i + 1) begin : gen_product
    logic               code_sign, code_zero, activation_zero;
    logic [3:0]         code_exponent;
    logic [ManBits-1:0] code_fraction;
    logic [ActBits-1:0] activation;
    logic [ActExpBits-1:0] field;
    logic [ActManBits-1:0] mantissa;
    logic [Exp-1:0]     a, b;
    assign activation = activations_i[ActBits*i+:ActBits];
    assign {field, mantissa} = activation[ActBits-2:0];
    float_decoder #(.ExpBits(ExpBits), .ManBits(ManBits)) u_code (
      .code_i(codes_i[CodeBits*i+:CodeBits]), .sign_o(code_sign), .zero_o(code_zero),
      .exponent_o(code_exponent), .fraction_o(code_fraction)
    );
    assign activation_zero = {field, mantissa} == '0;
    assign sign[i] = code_sign ^ activation[ActBits-1];
    assign significand[ProductBits*i+:ProductBits] =
        ProductBits'({!code_zero, code_fraction & {ManBits{!code_zero}}}) * ProductBits'({|field, mantissa});
    assign a = code_zero ? ZeroExponent : {{6{code_exponent[3]}}, code_exponent};
    assign b = activation_zero ? ZeroExponent : Exp'(field) + {9'd0, !(|field)} - ActBias;
    assign exponent[Exp*i+:Exp] = a + b;
    assign infinite[i] = &field && mantissa == '0;
    assign nan[i] = &field && (mantissa != '0 || code_zero);
  end

  // 2. The largest exponent, and everything on its grid.
  logic [Exp-1:0]     c_exponent, largest;
  logic [SumBits-1:0] sum;
  logic               c_sign, c_infinite, c_nan;
  logic [AccExpBits-1:0] c_field;
  logic [AccManBits-1:0] c_mantissa;
  assign {c_sign, c_field, c_mantissa} = c_i;
  assign c_exponent = Exp'(c_field) + {9'd0, !(|c_field)} - AccBias;
  assign c_infinite = &c_field && c_mantissa == '0;
  assign c_nan = &c_field && c_mantissa != '0;

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
    assign placed = AddendBits'(significand[ProductBits*i+:ProductBits]) << (Fraction - ManBits - ActManBits);
    assign addend[AddendBits*i+:AddendBits] = distance[Exp-1:5] != '0 ? '0 : placed >> distance[4:0];
  end
  logic [Exp-1:0]        c_distance;
  logic [AddendBits-1:0] c_placed, c_addend;
  assign c_distance = largest - c_exponent;
  assign c_placed = AddendBits'({|c_field, c_mantissa}) << (Fraction - AccManBits);
  assign c_addend = c_distance[Exp-1:5] != '0 ? '0 : c_placed >> c_distance[4:0];

  // 3. Sum, normalise, cut.
  always_comb begin
    // -x is ~x + 1: a plain sum of many terms, which synthesis makes a carry-save tree of.
    sum = (SumBits'(c_addend) ^ {SumBits{c_sign}}) + SumBits'(c_sign);
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
  assign field = largest + Exp'(SumBits - 1 - Fraction) + AccBias - {4'd0, zeros};
  assign excess = 10'd1 - field;

  logic        subnormal, any_nan, any_infinite, infinite_sign;
  logic [AccManBits:0]   kept;
  logic [AccManBits-1:0] fraction;
  assign kept = normalised[SumBits-1-:AccManBits+1];
  logic unused_cut;
  assign unused_cut = ^normalised[SumBits-AccManBits-2:0];
  assign subnormal = field[Exp-1] || field == '0;
  assign fraction = subnormal ? AccManBits'(excess[Exp-1:5] != '0 ? '0 : kept >> excess[4:0]) : kept[AccManBits-1:0];

  always_comb begin
    any_infinite = c_infinite || infinite != '0;
    infinite_sign = c_infinite ? c_sign : 1'b0;
    for (int unsigned i = 0; i < Products; i = i + 1) if (infinite[i]) infinite_sign = sign[i];
    any_nan = c_nan || nan != '0 || (c_infinite && c_sign != infinite_sign) || ((infinite & (sign ^ {Products{infinite_sign}})) != '0);
    if (any_nan) d_o = {1'b0, {AccExpBits + AccManBits{1'b1}}};
    else if (any_infinite) d_o = {infinite_sign, {AccExpBits{1'b1}}, {AccManBits{1'b0}}};
    else if (!subnormal && field >= Exp'((1 << AccExpBits) - 1)) d_o = {sum_sign, {AccExpBits{1'b1}}, {AccManBits{1'b0}}};
    else if (!kept[AccManBits]) d_o = '0;
    else if (subnormal) d_o = {sum_sign && fraction != '0, {AccExpBits{1'b0}}, fraction};
    else d_o = {sum_sign, field[AccExpBits-1:0], fraction};
  end

endmodule
