/// Any format at all: a writable table of 64 binary16 values, shared by the lanes, each of which has its own read port.
module lut_decoder #(
  parameter int unsigned Lanes = 1
) (
  input  logic                clk_i,
  input  logic                write_i,
  input  logic [5:0]          write_code_i,
  input  logic [15:0]         write_half_i,
  input  logic [6*Lanes-1:0]  codes_i,
  output logic [16*Lanes-1:0] halves_o
);

  if (Lanes < 1 || Lanes > 64) begin : gen_check
    $error("lut_decoder: Lanes is %0d; 1..64 are built", Lanes);
  end

  logic [1023:0] table_q;
  for (genvar code = 0; code < 64; code = code + 1) begin : gen_entry
    always_ff @(posedge clk_i) begin
      if (write_i && write_code_i == 6'(code)) table_q[16*code+:16] <= write_half_i;
    end
  end

  for (genvar i = 0; i < Lanes; i = i + 1) begin : gen_lane
    assign halves_o[16*i+:16] = table_q[{codes_i[6*i+:6], 4'd0}+:16];
  end

endmodule
