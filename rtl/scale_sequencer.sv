/// Keeps the scale of the current group ready, prepares the next one behind it, and counts beats to know when to change.
/// Two slots, raw and prepared, take a new scale in every cycle, so groups of a single beat pass without a bubble.
/// One scale a row is the same thing with a group as long as the row.
module scale_sequencer #(
  parameter int unsigned FractionBits = 2,
  /// Scales (and zero points) a beat uses at once: 1 for all lanes, or one for each run of Lanes / ScalesPerBeat.
  parameter int unsigned ScalesPerBeat = 1
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  // Scales come in the order of their groups.
  input  logic                        scale_valid_i,
  output logic                        scale_ready_o,
  input  logic [16*ScalesPerBeat-1:0] scale_i,
  input  logic [4*ScalesPerBeat-1:0]  zero_i,
  // The current group's scale.
  output logic                        valid_o,
  output logic [dequant_pkg::prepared_bits(FractionBits)*ScalesPerBeat-1:0] prepared_o,
  output logic [4*ScalesPerBeat-1:0]  zero_o,
  // A beat that uses it goes on.
  input  logic                        advance_i,
  input  logic [15:0]                 group_beats_i  ///< beats a group, at least 1; read at a group's first beat
);

  localparam int unsigned PreparedBits = dequant_pkg::prepared_bits(FractionBits);

  logic                                  next_valid, next_ready, last;
  logic [16*ScalesPerBeat-1:0]           next_scale;
  logic [4*ScalesPerBeat-1:0]            next_zero;
  logic [PreparedBits*ScalesPerBeat-1:0] next_prepared;

  stream_stage #(.Width(20 * ScalesPerBeat)) u_next (
    .clk_i, .rst_ni,
    .in_valid_i(scale_valid_i), .in_ready_o(scale_ready_o), .in_payload_i({zero_i, scale_i}),
    .out_valid_o(next_valid), .out_ready_i(next_ready), .out_payload_o({next_zero, next_scale})
  );

  for (genvar i = 0; i < ScalesPerBeat; i = i + 1) begin : gen_prepare
    scale_prepare #(.FractionBits(FractionBits)) u_prepare (
      .scale_i(next_scale[16*i+:16]), .prepared_o(next_prepared[PreparedBits*i+:PreparedBits])
    );
  end

  stream_stage #(.Width((PreparedBits + 4) * ScalesPerBeat)) u_current (
    .clk_i, .rst_ni,
    .in_valid_i(next_valid), .in_ready_o(next_ready), .in_payload_i({next_zero, next_prepared}),
    .out_valid_o(valid_o), .out_ready_i(advance_i && last), .out_payload_o({zero_o, prepared_o})
  );

  // Beats still to come in this group; 0 between groups.
  logic [15:0] remaining_q, remaining_d;
  assign remaining_d = (remaining_q == 16'd0 ? group_beats_i : remaining_q) - 16'd1;
  assign last = remaining_d == 16'd0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) remaining_q <= 16'd0;
    else if (advance_i) remaining_q <= remaining_d;
  end

endmodule
