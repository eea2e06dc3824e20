/// One ready/valid pipeline register: takes a beat in every cycle its successor does, holds it under back-pressure.
/// A beat moves when valid and ready are both high; valid never waits for ready, and stays until the beat moves.
/// `in_ready_o` follows `out_ready_i` in the same cycle, so a chain of stages has no bubbles and no second register.
module stream_stage #(
  /// Bits of payload.
  parameter int unsigned Width = 8,
  /// 0 builds wires in place of the register.
  parameter bit Registered = 1'b1
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_payload_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_payload_o
);

  if (Width == 0) begin : gen_check_width
    $error("stream_stage: Width is 0; at least 1 is needed");
  end

  if (Registered) begin : gen_register
    logic             valid_q;
    logic [Width-1:0] payload_q;

    assign in_ready_o = !valid_q || out_ready_i;
    assign out_valid_o = valid_q;
    assign out_payload_o = payload_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) valid_q <= 1'b0;
      else if (in_ready_o) valid_q <= in_valid_i;
    end

    // The payload needs no reset: nobody looks at it before valid_q is high.
    always_ff @(posedge clk_i) begin
      if (in_valid_i && in_ready_o) payload_q <= in_payload_i;
    end
  end else begin : gen_wires
    assign in_ready_o = out_ready_i;
    assign out_valid_o = in_valid_i;
    assign out_payload_o = in_payload_i;

    logic unused_clock;
    assign unused_clock = clk_i ^ rst_ni;
  end

endmodule
