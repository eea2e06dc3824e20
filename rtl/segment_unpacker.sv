/// Takes one beat of the bus apart into a right-aligned 8-bit code for every lane, by run-time format and split.
///
/// A beat sits in the bus's low bits. Split formats carry two arrays one after the other, 4-bit segments first:
///
///     4+2, 2+4   | lane 0: 4 bits | lane 1: 4 bits | ... | lane 0: 2 bits | lane 1: 2 bits | ... |
///     4+1, 1+4   the same with 1-bit segments
///     4+2-byte   32-bit words: lane i of the eight in a word of the 4-bit array starts as byte i%4's bits 7,4,3,0 =
///                s e2 e1 m0, lane i of the sixteen in a word of the 2-bit array as bits 2,1 = e0 m1; then the word is
///                rotated left by 2*(i/4). Needs lanes in multiples of 16
///     packed     code i at bits [width*i +: width]
///     padded8    code i in byte i, the rest of the byte ignored
///
/// Reserved or impossible combinations give unspecified codes: mode_check stops them.
module segment_unpacker #(
  /// Codes a beat.
  parameter int unsigned Lanes = 32,
  /// Width of the bus, at least the longest beat.
  parameter int unsigned BusBits = 8 * Lanes,
  /// Formats built in, a bit for each of dequant_pkg's format codes.
  parameter logic [7:0] Formats = 8'hFF,
  /// Splits built in, a bit for each of dequant_pkg's split codes.
  parameter logic [4:0] Splits = 5'h1F
) (
  input  logic [BusBits-1:0] bus_i,
  input  logic [3:0]         format_i,
  input  logic [2:0]         split_i,
  output logic [8*Lanes-1:0] codes_o
);

  localparam bit Has4 = dequant_pkg::any_code_bits(Formats, 4'd4);
  localparam bit Has5 = dequant_pkg::any_code_bits(Formats, 4'd5);
  localparam bit Has6 = dequant_pkg::any_code_bits(Formats, 4'd6);
  localparam bit Has8 = dequant_pkg::any_code_bits(Formats, 4'd8);
  localparam bit HasByte = Has6 && Splits[dequant_pkg::SplitByte] && Lanes % 16 == 0;

  // What the beat is, one-hot, shared by all lanes.
  logic [3:0] bits;
  logic [7:0] padding_mask;
  logic high_6, low_6, byte_6, packed_6, high_5, low_5, packed_5, packed_4, whole_byte;
  always_comb begin
    bits = dequant_pkg::code_bits(format_i);
    high_6 = Has6 && bits == 4'd6 && split_i == dequant_pkg::SplitHighFirst && Splits[dequant_pkg::SplitHighFirst];
    low_6 = Has6 && bits == 4'd6 && split_i == dequant_pkg::SplitLowFirst && Splits[dequant_pkg::SplitLowFirst];
    byte_6 = HasByte && bits == 4'd6 && split_i == dequant_pkg::SplitByte;
    packed_6 = Has6 && bits == 4'd6 && split_i == dequant_pkg::SplitPacked && Splits[dequant_pkg::SplitPacked];
    high_5 = Has5 && bits == 4'd5 && split_i == dequant_pkg::SplitHighFirst && Splits[dequant_pkg::SplitHighFirst];
    low_5 = Has5 && bits == 4'd5 && split_i == dequant_pkg::SplitLowFirst && Splits[dequant_pkg::SplitLowFirst];
    packed_5 = Has5 && bits == 4'd5 && split_i == dequant_pkg::SplitPacked && Splits[dequant_pkg::SplitPacked];
    packed_4 = Has4 && bits == 4'd4 && split_i == dequant_pkg::SplitPacked && Splits[dequant_pkg::SplitPacked];
    padding_mask = {{2{bits == 4'd8}}, bits >= 4'd6, bits >= 4'd5, 4'hF};
    whole_byte = (Splits[dequant_pkg::SplitPadded8] && split_i == dequant_pkg::SplitPadded8) ||
                 (Has8 && bits == 4'd8);
  end

  localparam int unsigned WideBits = 8 * Lanes > BusBits ? 8 * Lanes : BusBits;
  logic [WideBits-1:0] bus;
  assign bus = WideBits'(bus_i);  // reads past a narrow bus are constant zeros

  for (genvar i = 0; i < Lanes; i = i + 1) begin : gen_lane
    logic [3:0] segment_4;
    logic [1:0] segment_2;
    logic       segment_1;
    assign segment_4 = bus[4*i+:4];
    assign segment_2 = bus[4*Lanes+2*i+:2];
    assign segment_1 = bus[4*Lanes+i];

    logic [5:0] ready_byte;
    if (HasByte) begin : gen_ready_byte
      localparam int unsigned Word4 = 32 * (i / 8);
      localparam int unsigned Turn4 = 8 * (i % 4) + 2 * ((i % 8) / 4);
      localparam int unsigned Word2 = 4 * Lanes + 32 * (i / 16);
      localparam int unsigned Turn2 = 8 * (i % 4) + 2 * ((i % 16) / 4);
      assign ready_byte = {bus[Word4+(7+Turn4)%32], bus[Word4+(4+Turn4)%32], bus[Word4+(3+Turn4)%32],
                           bus[Word2+(2+Turn2)%32], bus[Word2+(1+Turn2)%32], bus[Word4+(0+Turn4)%32]};
    end else begin : gen_no_ready_byte
      assign ready_byte = 6'd0;
    end

    logic [7:0] whole;  // a padded code, without its padding
    assign whole = bus[8*i+:8] & padding_mask;

    assign codes_o[8*i+:8] = ({8{high_6}} & {2'b0, segment_4, segment_2}) |
                             ({8{low_6}} & {2'b0, segment_2, segment_4}) |
                             ({8{byte_6}} & {2'b0, ready_byte}) |
                             ({8{packed_6}} & {2'b0, bus[6*i+:6]}) |
                             ({8{high_5}} & {3'b0, segment_4, segment_1}) |
                             ({8{low_5}} & {3'b0, segment_1, segment_4}) |
                             ({8{packed_5}} & {3'b0, bus[5*i+:5]}) |
                             ({8{packed_4}} & {4'b0, segment_4}) |
                             ({8{whole_byte}} & whole);
  end

  if (BusBits > 8 * Lanes) begin : gen_unused
    logic unused_bus;
    assign unused_bus = ^bus[WideBits-1:8*Lanes];
  end

endmodule
