// Runs the mapped netlist of a 4-lane unit (as tools/synth weighs it) on vectors that emu computed, with random stalls.
`timescale 1ns/1ps
module netlist_tb;
  parameter BEATS = 1, SCALES = 1, GROUP = 1;
  reg [23:0] beats[0:BEATS-1];
  reg [15:0] scales[0:SCALES-1];
  reg [63:0] results[0:BEATS-1];
  reg clk = 0, reset_n = 0, in_valid = 0, scale_valid = 0, out_ready = 0;
  integer in_at = 0, scale_at = 0, out_at = 0, wrong = 0, cycles = 0;
  wire in_ready, scale_ready, out_valid, error;
  wire [63:0] out_data;

  top unit(.clk_i(clk), .rst_ni(reset_n), .in_valid_i(in_valid), .in_ready_o(in_ready),
           .in_bus_i(in_at < BEATS ? beats[in_at] : 24'd0), .in_format_i(4'd0), .in_split_i(3'd0), .in_bfloat_i(1'b0),
           .in_group_beats_i(GROUP[15:0]), .in_tag_i(1'b0), .scale_valid_i(scale_valid), .scale_ready_o(scale_ready),
           .scale_i(scale_at < SCALES ? scales[scale_at] : 16'd0), .scale_zero_i(4'd0), .out_valid_o(out_valid),
           .out_ready_i(out_ready), .out_data_o(out_data), .error_clear_i(1'b0), .error_o(error));

  always #5 clk = ~clk;
  always @(posedge clk) begin
    cycles = cycles + 1;
    if (reset_n) begin
      if (out_valid && out_ready) begin
        if (out_at < BEATS && out_data !== results[out_at]) begin
          if (wrong == 0) $display("beat %0d: %h, expected %h", out_at, out_data, results[out_at]);
          wrong = wrong + 1;
        end
        out_at = out_at + 1;
      end
      if (in_valid && in_ready) in_at <= #1 in_at + 1;
      if (scale_valid && scale_ready) scale_at <= #1 scale_at + 1;
    end
    if (out_at >= BEATS || cycles > 20 * BEATS + 100) begin
      $display("%0d beats of %0d, %0d wrong, error flag %b", out_at, BEATS, wrong, error);
      $finish;
    end
  end
  always @(negedge clk) begin  // offers stay until taken
    in_valid = in_at < BEATS && (in_valid || $random % 4 != 0);
    scale_valid = scale_at < SCALES && (scale_valid || $random % 4 != 0);
    out_ready = $random % 4 != 0;
  end
  initial begin
    $readmemh("beats.hex", beats);
    $readmemh("scales.hex", scales);
    $readmemh("results.hex", results);
    #22 reset_n = 1;
  end
endmodule
