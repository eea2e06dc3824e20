/// A small significand times any binary16, rounded once to binary16: one lane's multiplication, nothing shared. It never
/// normalises: significand * 2^shift is an integer of few bits, so all that can happen to the product is a shift by a few
/// places: right past 11 bits or under the subnormals' unit, left only where the scale is subnormal.
///
///     value of the significand   significand * 2^(shift - UnitBits)
///     product                    significand * scale's 11 bits, its unit 2^(t - UnitBits - 24), t = shift + exponent - 1
module scale_multiplier #(
  /// Bits of the significand: 2..5.
  parameter int unsigned SigBits = 3,
  /// Position of the point: 4 for E3M2 (unit 1/16).
  parameter int unsigned UnitBits = 4,
  /// Largest `shift_i`.
  parameter int unsigned MaxShift = 6
) (
  input  logic               sign_i,
  input  logic [SigBits-1:0] significand_i,
  input  logic [2:0]         shift_i,
  input  logic [15:0]        scale_i,
  output logic [15:0]        result_o
);

  if (SigBits < 2 || SigBits > 5 || UnitBits > 7 || MaxShift > 7) begin : gen_check
    $error("scale_multiplier: SigBits %0d, MaxShift %0d, UnitBits %0d; 2..5, ..7, ..7 are built", SigBits,
           MaxShift, UnitBits);
  end

  localparam int unsigned Bits = SigBits + 11;
  localparam int unsigned Left = MaxShift > UnitBits ? MaxShift - UnitBits : 0;   // most places to the left
  localparam int unsigned Catch = SigBits > UnitBits ? SigBits : UnitBits;        // most to the right

  logic [4:0]      field;
  logic            normal;
  logic [Bits-1:0] product;
  logic [5:0]      t;
  assign field = scale_i[14:10];
  assign normal = field != 5'd0;
  assign t = {1'b0, field} - {5'd0, normal} + {3'd0, shift_i};

  // Digits of base 4: one sum makes three times the scale, a digit chooses its multiple, and half as many rows remain to
  // be added as the significand has bits.
  localparam int unsigned Digits = (SigBits + 1) / 2;
  logic [12:0]          once, thrice;
  logic [2*Digits-1:0]  digits;
  logic [13*Digits-1:0] rows;
  assign once = {2'b0, normal, scale_i[9:0]};
  assign thrice = once + (once << 1);
  assign digits = (2 * Digits)'(significand_i);
  for (genvar i = 0; i < Digits; i = i + 1) begin : gen_digit
    always_comb begin
      case (digits[2*i+:2])
        2'd0: rows[13*i+:13] = 13'd0;
        2'd1: rows[13*i+:13] = once;
        2'd2: rows[13*i+:13] = once << 1;
        default: rows[13*i+:13] = thrice;
      endcase
    end
  end
  always_comb begin
    product = Bits'(rows[12:0]);
    for (int unsigned i = 1; i < Digits; i = i + 1) product = product + (Bits'(rows[13*i+:13]) << (2 * i));
  end

  // How far right the product goes, plus Left: to bring its leading one to bit 10, but not below the subnormals' unit.
  logic [3:0] lead, least, move;
  always_comb begin
    lead = 4'd0;
    for (int unsigned j = 11 - Left; j < Bits; j = j + 1) if (product[j]) lead = 4'(j + Left - 10);
    least = 6'(UnitBits + Left) > t ? 4'(6'(UnitBits + Left) - t) : 4'd0;
    move = lead > least ? lead : least;
  end

  logic [Bits+Left+Catch-1:0] placed, moved;
  assign placed = (Bits + Left + Catch)'(product) << (Left + Catch);
  if (Left == 0) begin : gen_few_places  // choosing among them is smaller than a barrel shifter
    always_comb begin
      moved = '0;
      for (int unsigned j = 0; j <= Catch; j = j + 1) if (move == 4'(j)) moved = moved | (placed >> j);
    end
  end else begin : gen_barrel
    assign moved = placed >> move;
  end

  logic        hidden, increment, overflow, special;
  logic [6:0]  exponent;
  logic [14:0] rounded;
  assign hidden = moved[Catch+10];
  assign increment = moved[Catch-1] && (|moved[Catch-2:0] || moved[Catch]);
  assign exponent = {1'b0, t} + {3'd0, move} - 7'(UnitBits + Left - 1);
  assign rounded = {exponent[4:0] & {5{hidden}}, moved[Catch+9:Catch]} + {14'd0, increment};
  assign overflow = hidden && !exponent[6] && (exponent[5] || &exponent[4:0]);
  assign special = &field;

  logic unused_top;
  assign unused_top = ^moved[Bits+Left+Catch-1:Catch+11];

  assign result_o = special && (scale_i[9:0] != 10'd0 || significand_i == '0) ? 16'h7FFF :
                    {sign_i ^ scale_i[15], special || overflow ? 15'h7C00 : rounded};

endmodule
