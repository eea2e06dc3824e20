/// The unit without multipliers, for kernels that apply the scale in the epilogue: one float format, one split, one
/// register. A lane is wires (Exact = 0: value * 2^(bias - 15), the factor joins the scale) or the exact value (Exact = 1).
module decode_unit #(
  /// Codes a beat: 1..64.
  parameter int unsigned Lanes = 32,
  /// dequant_pkg's format code, a float's.
  parameter logic [3:0] Format = 4'd0,
  /// dequant_pkg's split code.
  parameter logic [2:0] Split = 3'd0,
  parameter bit Exact = 1'b0,
  localparam int unsigned BusBits = Lanes * (Split == dequant_pkg::SplitPadded8 ? 8 : 32'(dequant_pkg::code_bits(Format)))
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                in_valid_i,
  output logic                in_ready_o,
  input  logic [BusBits-1:0]  in_bus_i,
  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [16*Lanes-1:0] out_data_o
);

  if (Lanes < 1 || Lanes > 64) begin : gen_check_lanes
    $error("decode_unit: Lanes is %0d; 1..64 are built", Lanes);
  end
  if (dequant_pkg::code_bits(Format) == 4'd0 || dequant_pkg::is_integer(Format)) begin : gen_check_format
    $error("decode_unit: Format %0d is not a float", Format);
  end

  localparam int unsigned ExpBits = 32'(dequant_pkg::exponent_bits(Format));
  localparam int unsigned ManBits = 32'(dequant_pkg::mantissa_bits(Format));

  logic [8*Lanes-1:0]  codes;
  logic [16*Lanes-1:0] halves;
  segment_unpacker #(
    .Lanes(Lanes), .BusBits(BusBits), .Formats(8'd1 << Format), .Splits(5'd1 << Split)
  ) u_unpacker (
    .bus_i(in_bus_i), .format_i(Format), .split_i(Split), .codes_o(codes)
  );

  for (genvar i = 0; i < Lanes; i = i + 1) begin : gen_lane
    if (Exact) begin : gen_exact
      exact_decoder #(.ExpBits(ExpBits), .ManBits(ManBits)) u_decoder (
        .code_i(codes[8*i+:1+ExpBits+ManBits]), .half_o(halves[16*i+:16])
      );
    end else begin : gen_place
      bias_shift_decoder #(.ExpBits(ExpBits), .ManBits(ManBits)) u_decoder (
        .code_i(codes[8*i+:1+ExpBits+ManBits]), .half_o(halves[16*i+:16])
      );
    end
    logic unused_top;
    assign unused_top = ^codes[8*i+7-:7-ExpBits-ManBits];
  end

  stream_stage #(.Width(16 * Lanes)) u_stage (
    .clk_i, .rst_ni, .in_valid_i, .in_ready_o, .in_payload_i(halves),
    .out_valid_o, .out_ready_i, .out_payload_o(out_data_o)
  );

endmodule
