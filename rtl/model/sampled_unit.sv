/// dequant_unit for fast simulation: inputs are sampled at the clock edge at which the unit's own registers change, so that
/// one evaluation settles a whole cycle. With inputs that change between edges the logic they share with registers would
/// be evaluated for each. The cycles are the unit's: what is driven before an edge is offered in the cycle it begins.
module sampled_unit #(
  parameter int unsigned Lanes = 32,
  parameter int unsigned Depth = 2,
  parameter int unsigned BusBits = 8 * Lanes,
  parameter logic [7:0] Formats = 8'hFF,
  parameter logic [4:0] Splits = 5'h1F,
  parameter bit Bfloat = 1'b1,
  parameter int unsigned ScalesPerBeat = 1,
  parameter int unsigned TagBits = 1
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,  ///< asynchronous, not sampled

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
  input  logic [16*ScalesPerBeat-1:0] scale_i,
  input  logic [4*ScalesPerBeat-1:0]  scale_zero_i,

  output logic                        out_valid_o,
  input  logic                        out_ready_i,
  output logic [16*Lanes-1:0]         out_data_o,
  output logic [TagBits-1:0]          out_tag_o,

  input  logic                        error_clear_i,
  output logic                        error_o,
  output logic [2:0]                  error_cause_o
);

  logic                        in_valid_q, in_bfloat_q, scale_valid_q, out_ready_q, error_clear_q;
  logic [BusBits-1:0]          in_bus_q;
  logic [3:0]                  in_format_q;
  logic [2:0]                  in_split_q;
  logic [15:0]                 in_group_beats_q;
  logic [TagBits-1:0]          in_tag_q;
  logic [16*ScalesPerBeat-1:0] scale_q;
  logic [4*ScalesPerBeat-1:0]  scale_zero_q;

  // Nothing offered while in reset is left behind for the edge after it.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      in_valid_q <= 1'b0;
      scale_valid_q <= 1'b0;
    end else begin
      in_valid_q <= in_valid_i;
      scale_valid_q <= scale_valid_i;
    end
  end

  always_ff @(posedge clk_i) begin
    in_bus_q <= in_bus_i;
    in_format_q <= in_format_i;
    in_split_q <= in_split_i;
    in_bfloat_q <= in_bfloat_i;
    in_group_beats_q <= in_group_beats_i;
    in_tag_q <= in_tag_i;
    scale_q <= scale_i;
    scale_zero_q <= scale_zero_i;
    out_ready_q <= out_ready_i;
    error_clear_q <= error_clear_i;
  end

  dequant_unit #(
    .Lanes(Lanes), .Depth(Depth), .BusBits(BusBits), .Formats(Formats), .Splits(Splits), .Bfloat(Bfloat),
    .ScalesPerBeat(ScalesPerBeat), .TagBits(TagBits)
  ) u_unit (
    .clk_i, .rst_ni,
    .in_valid_i(in_valid_q), .in_ready_o, .in_bus_i(in_bus_q), .in_format_i(in_format_q), .in_split_i(in_split_q),
    .in_bfloat_i(in_bfloat_q), .in_group_beats_i(in_group_beats_q), .in_tag_i(in_tag_q),
    .scale_valid_i(scale_valid_q), .scale_ready_o, .scale_i(scale_q), .scale_zero_i(scale_zero_q),
    .out_valid_o, .out_ready_i(out_ready_q), .out_data_o, .out_tag_o,
    .error_clear_i(error_clear_q), .error_o, .error_cause_o
  );

endmodule
