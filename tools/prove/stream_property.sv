/// dequant_unit between two counters: `bad_o` rises if a beat is ever lost, doubled, reordered, changed while held, given
/// another group's scale, or kept inside for too long. Illegal beats come in between as they like. One lane: control is
/// the same for any number.
module stream_property #(
  parameter int unsigned Depth = 2,
  /// Look at results too: each must be of its own group's scale.
  parameter bit CheckScale = 1'b1
) (
  input  logic       clk_i,
  input  logic       in_valid_i,
  input  logic       in_illegal_i,
  input  logic       scale_valid_i,
  input  logic       out_ready_i,
  input  logic [1:0] group_i,  ///< beats a group, less one
  output logic       bad_o
);

  // Beat number n has tag n; scale number n is the binary16 subnormal n, and every code is 1, so results are scale numbers.
  logic [3:0]  in_count_q, scale_count_q, out_count_q, out_group_q;
  logic [1:0]  out_left_q;  // beats to come in the group, less one
  logic        out_mid_q;   // after a group's first beat, before its last
  logic [1:0]  group_q;  // of the whole run
  logic        started_q;

  logic        in_ready, scale_ready, out_valid, error;
  logic [2:0]  cause;
  logic [15:0] data;
  logic [3:0]  tag;
  logic [1:0]  group;
  assign group = started_q ? group_q : group_i;

  // Reset in the first cycle, and never again.
  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  dequant_unit #(
    .Lanes(1), .Depth(Depth), .Formats(8'h01), .Splits(5'h08), .BusBits(6), .Bfloat(1'b0), .TagBits(4)
  ) u_unit (
    .clk_i, .rst_ni,
    .in_valid_i, .in_ready_o(in_ready), .in_bus_i(6'h0C), .in_format_i(in_illegal_i ? 4'd9 : 4'd0),
    .in_split_i(3'd3), .in_bfloat_i(1'b0), .in_group_beats_i({14'd0, group} + 16'd1), .in_tag_i(in_count_q),
    .scale_valid_i, .scale_ready_o(scale_ready), .scale_i({12'd0, scale_count_q}), .scale_zero_i(4'd0),
    .out_valid_o(out_valid), .out_ready_i, .out_data_o(data), .out_tag_o(tag),
    .error_clear_i(1'b0), .error_o(error), .error_cause_o(cause)
  );

  logic in_moves, out_moves;
  assign in_moves = in_valid_i && in_ready && !in_illegal_i;
  assign out_moves = out_valid && out_ready_i;

  logic        held_q;
  logic [15:0] held_data_q;
  logic [3:0]  held_tag_q, inside, waiting_q;
  assign inside = in_count_q - out_count_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      in_count_q <= 4'd0;
      scale_count_q <= 4'd0;
      out_count_q <= 4'd0;
      out_group_q <= 4'd0;
      out_left_q <= 2'd0;
      out_mid_q <= 1'b0;
      started_q <= 1'b0;
      group_q <= 2'd0;
      held_q <= 1'b0;
      waiting_q <= 4'd0;
    end else begin
      started_q <= 1'b1;
      group_q <= group;
      if (in_moves) in_count_q <= in_count_q + 4'd1;
      if (scale_valid_i && scale_ready) scale_count_q <= scale_count_q + 4'd1;
      if (out_moves) begin
        out_count_q <= out_count_q + 4'd1;
        out_mid_q <= out_mid_q ? out_left_q != 2'd1 : group != 2'd0;
        out_left_q <= out_mid_q ? out_left_q - 2'd1 : group;
        if (out_mid_q ? out_left_q == 2'd1 : group == 2'd0) out_group_q <= out_group_q + 4'd1;
      end
      held_q <= out_valid && !out_ready_i;
      held_data_q <= data;
      held_tag_q <= tag;
      // Something inside, scales offered, nothing on the way out.
      waiting_q <= inside != 4'd0 && !out_valid && scale_valid_i ? waiting_q + 4'd1 : 4'd0;
    end
  end

  assign bad_o = rst_ni && (
      (out_valid && (inside == 4'd0 || tag != out_count_q)) ||     // order, loss, invention
      (CheckScale && out_valid && data != {12'd0, out_group_q}) ||               // its group's scale
      inside > Depth ||                                            // no room for more
      (held_q && (!out_valid || tag != held_tag_q || (CheckScale && data != held_data_q))) ||
      waiting_q > Depth + 3 ||                                     // progress
      (in_valid_i && in_illegal_i && !in_ready));                  // illegal beats never wait

  logic unused;
  assign unused = ^{error, cause};
endmodule
