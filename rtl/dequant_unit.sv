/// Weights as they lie in memory in, binary16 or bfloat16 operands out: Lanes codes a cycle, each times its scale,
/// rounded once, exactly as `emu/dequantize.h` says.
///
///      beat --> [1] --> decode, choose the product --> [2] --> align --> [3] --> round --> [4] --> operands
///     scale --> next --> prepare --> current --^                          registers: Depth 1: 4; 2: 2 4; 3: 2 3 4; 4: all
///
/// Both streams are ready/valid. One beat a cycle under back-pressure; a beat waits for its group's scale, and groups
/// follow each other without a bubble while the scale stream keeps up. Everything on the beat's side may change from
/// beat to beat (except group_beats_i, read at a group's first beat). Latency: Depth cycles.
///
/// A beat of an illegal mode is taken off the input, yields nothing, uses no scale, and raises `error_o`, which stays
/// until cleared; `error_cause_o` is the first such beat's.
module dequant_unit #(
  /// Codes a beat: 1..64.
  parameter int unsigned Lanes = 32,
  /// Registers on the way of a beat: 1..4.
  parameter int unsigned Depth = 2,
  /// Width of the bus that brings codes, at least Lanes times the longest code (a byte with padded8).
  parameter int unsigned BusBits = 8 * Lanes,
  /// Formats built in, a bit for each of dequant_pkg's format codes.
  parameter logic [7:0] Formats = 8'hFF,
  /// Splits built in, a bit for each of dequant_pkg's split codes.
  parameter logic [4:0] Splits = 5'h1F,
  /// bfloat16 results can be asked for.
  parameter bit Bfloat = 1'b1,
  /// Scales a beat uses at once, a divisor of Lanes: 1, or more where a beat spans rows or groups.
  parameter int unsigned ScalesPerBeat = 1,
  /// Bits that travel with a beat untouched: at least 1.
  parameter int unsigned TagBits = 1
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [BusBits-1:0]          in_bus_i,
  input  logic [3:0]                  in_format_i,
  input  logic [2:0]                  in_split_i,
  input  logic                        in_bfloat_i,
  input  logic [15:0]                 in_group_beats_i,
  input  logic [TagBits-1:0]          in_tag_i,

  input  logic                        scale_valid_i,
  output logic                        scale_ready_o,
  input  logic [16*ScalesPerBeat-1:0] scale_i,         ///< binary16; lanes' runs from the low end
  input  logic [4*ScalesPerBeat-1:0]  scale_zero_i,    ///< zero points, read for INT4 with zero point

  output logic                        out_valid_o,
  input  logic                        out_ready_i,
  output logic [16*Lanes-1:0]         out_data_o,      ///< lane 0 lowest
  output logic [TagBits-1:0]          out_tag_o,

  input  logic                        error_clear_i,
  output logic                        error_o,
  output logic [2:0]                  error_cause_o
);

  if (Lanes < 1 || Lanes > 64) begin : gen_check_lanes
    $error("dequant_unit: Lanes is %0d; 1..64 are built", Lanes);
  end
  if (Depth < 1 || Depth > 4) begin : gen_check_depth
    $error("dequant_unit: Depth is %0d; 1..4 are built", Depth);
  end
  if (Formats == 8'd0 || Splits == 5'd0) begin : gen_check_formats
    $error("dequant_unit: no format or no split is built in");
  end
  if (BusBits < Lanes * dequant_pkg::bus_bits_per_lane(Formats, Splits)) begin : gen_check_bus
    $error("dequant_unit: BusBits is %0d; %0d lanes of these formats and splits need %0d", BusBits, Lanes,
           Lanes * dequant_pkg::bus_bits_per_lane(Formats, Splits));
  end
  if (ScalesPerBeat < 1 || Lanes % ScalesPerBeat != 0) begin : gen_check_scales
    $error("dequant_unit: ScalesPerBeat is %0d; a divisor of the %0d lanes is needed", ScalesPerBeat, Lanes);
  end
  if (TagBits < 1) begin : gen_check_tag
    $error("dequant_unit: TagBits is 0; at least 1 is needed");
  end

  localparam int unsigned FractionBits = dequant_pkg::fraction_bits(Formats);
  localparam int unsigned PreparedBits = dequant_pkg::prepared_bits(FractionBits);
  localparam bit OneFormat = (Formats & (Formats - 8'd1)) == 8'd0;
  localparam bit OneSplit = (Splits & (Splits - 5'd1)) == 5'd0;

  // A legal beat of a unit with one format has that format: what selects it is a constant.
  logic [3:0] format;
  logic [2:0] split;
  logic       bfloat;
  assign format = OneFormat ? 4'($clog2(Formats)) : in_format_i;
  assign split = OneSplit ? 3'($clog2(Splits)) : in_split_i;
  assign bfloat = Bfloat && in_bfloat_i;

  // 1. Is the mode one of ours? If not, swallow the beat.
  logic [2:0] cause;
  logic       illegal, in_ready;
  mode_check #(.Lanes(Lanes), .Formats(Formats), .Splits(Splits), .Bfloat(Bfloat)) u_mode (
    .format_i(in_format_i), .split_i(in_split_i), .bfloat_i(in_bfloat_i), .group_beats_i(in_group_beats_i),
    .cause_o(cause)
  );
  assign illegal = cause != dequant_pkg::ErrorNone;
  assign in_ready_o = in_ready || illegal;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      error_o <= 1'b0;
      error_cause_o <= dequant_pkg::ErrorNone;
    end else if (in_valid_i && illegal && (!error_o || error_clear_i)) begin
      error_o <= 1'b1;
      error_cause_o <= cause;
    end else if (error_clear_i) begin
      error_o <= 1'b0;
      error_cause_o <= dequant_pkg::ErrorNone;
    end
  end

  // 2. A code for every lane, from wherever its segments lie.
  localparam int unsigned CodesBits = 8 * Lanes + 4 + 1 + 16 + TagBits;
  logic                 codes_valid, codes_ready, codes_bfloat;
  logic [8*Lanes-1:0]   unpacked, codes;
  logic [3:0]           codes_format;
  logic [15:0]          codes_group_beats;
  logic [TagBits-1:0]   codes_tag;
  segment_unpacker #(.Lanes(Lanes), .BusBits(BusBits), .Formats(Formats), .Splits(Splits)) u_unpacker (
    .bus_i(in_bus_i), .format_i(format), .split_i(split), .codes_o(unpacked)
  );
  stream_stage #(.Width(CodesBits), .Registered(Depth >= 4)) u_codes (
    .clk_i, .rst_ni,
    .in_valid_i(in_valid_i && !illegal), .in_ready_o(in_ready),
    .in_payload_i({in_tag_i, in_group_beats_i, bfloat, format, unpacked}),
    .out_valid_o(codes_valid), .out_ready_i(codes_ready),
    .out_payload_o({codes_tag, codes_group_beats, codes_bfloat, codes_format, codes})
  );

  // 3. The scale joins.
  logic                                  scale_valid, select_ready;
  logic [PreparedBits*ScalesPerBeat-1:0] prepared;
  logic [4*ScalesPerBeat-1:0]            zero;
  logic [14:0]                           codes_row;
  assign codes_row = dequant_pkg::format_row(codes_format);
  assign codes_ready = scale_valid && select_ready;
  scale_sequencer #(.FractionBits(FractionBits), .ScalesPerBeat(ScalesPerBeat)) u_scales (
    .clk_i, .rst_ni,
    .scale_valid_i, .scale_ready_o, .scale_i, .zero_i(scale_zero_i),
    .valid_o(scale_valid), .prepared_o(prepared), .zero_o(zero),
    .advance_i(codes_valid && codes_ready), .group_beats_i(codes_group_beats)
  );

  // 4. Per lane: decode, choose; align; round. Per beat: tag, type, and what an infinite or NaN scale means.
  localparam int unsigned BeatBits = TagBits + 1 + 2 * ScalesPerBeat;
  localparam int unsigned SelectBits = 22;  // of a lane: sign, exponent, product
  localparam int unsigned AlignBits = 21;   // of a lane: sign, exponent, kept, guard, sticky
  logic                        align_valid, align_ready, align_bfloat, round_valid, round_ready, round_bfloat;
  logic [2*ScalesPerBeat-1:0]  select_special, align_special, round_special;
  logic [TagBits-1:0]          align_tag, round_tag;
  logic [SelectBits*Lanes-1:0] selected, to_align;
  logic [AlignBits*Lanes-1:0]  aligned, to_round;
  logic [16*Lanes-1:0]         rounded;

  for (genvar s = 0; s < ScalesPerBeat; s = s + 1) begin : gen_special
    assign select_special[2*s+:2] = prepared[PreparedBits*(s+1)-1-:2];
  end

  for (genvar i = 0; i < Lanes; i = i + 1) begin : gen_lane
    localparam int unsigned S = i / (Lanes / ScalesPerBeat);  // the lane's scale
    logic                    sign, is_zero;
    logic [3:0]              exponent;
    logic [FractionBits-1:0] fraction;
    code_decoder #(.Formats(Formats)) u_code (
      .code_i(codes[8*i+:8]), .row_i(codes_row), .zero_i(zero[4*S+:4]),
      .sign_o(sign), .zero_o(is_zero), .exponent_o(exponent), .fraction_o(fraction)
    );
    product_select #(.FractionBits(FractionBits)) u_select (
      .sign_i(sign), .zero_i(is_zero), .exponent_i(exponent), .fraction_i(fraction),
      .prepared_i(prepared[PreparedBits*S+:PreparedBits]),
      .sign_o(selected[SelectBits*i+21]), .exponent_o(selected[SelectBits*i+14+:7]),
      .product_o(selected[SelectBits*i+:14])
    );
    product_align u_align (
      .bfloat_i(Bfloat && align_bfloat), .exponent_i(to_align[SelectBits*i+14+:7]),
      .product_i(to_align[SelectBits*i+:14]),
      .kept_o(aligned[AlignBits*i+2+:11]), .guard_o(aligned[AlignBits*i+1]), .sticky_o(aligned[AlignBits*i])
    );
    assign aligned[AlignBits*i+13+:8] = to_align[SelectBits*i+14+:8];
    product_round u_round (
      .bfloat_i(Bfloat && round_bfloat), .infinite_i(round_special[2*S]), .nan_i(round_special[2*S+1]),
      .sign_i(to_round[AlignBits*i+20]), .exponent_i(to_round[AlignBits*i+13+:7]),
      .kept_i(to_round[AlignBits*i+2+:11]), .guard_i(to_round[AlignBits*i+1]), .sticky_i(to_round[AlignBits*i]),
      .result_o(rounded[16*i+:16])
    );
  end

  stream_stage #(.Width(BeatBits + SelectBits * Lanes), .Registered(Depth >= 2)) u_selected (
    .clk_i, .rst_ni,
    .in_valid_i(codes_valid && scale_valid), .in_ready_o(select_ready),
    .in_payload_i({codes_tag, codes_bfloat, select_special, selected}),
    .out_valid_o(align_valid), .out_ready_i(align_ready),
    .out_payload_o({align_tag, align_bfloat, align_special, to_align})
  );
  stream_stage #(.Width(BeatBits + AlignBits * Lanes), .Registered(Depth >= 3)) u_aligned (
    .clk_i, .rst_ni,
    .in_valid_i(align_valid), .in_ready_o(align_ready),
    .in_payload_i({align_tag, align_bfloat, align_special, aligned}),
    .out_valid_o(round_valid), .out_ready_i(round_ready),
    .out_payload_o({round_tag, round_bfloat, round_special, to_round})
  );
  stream_stage #(.Width(TagBits + 16 * Lanes)) u_rounded (
    .clk_i, .rst_ni,
    .in_valid_i(round_valid), .in_ready_o(round_ready), .in_payload_i({round_tag, rounded}),
    .out_valid_o, .out_ready_i, .out_payload_o({out_tag_o, out_data_o})
  );

endmodule
