/// The smallest lane that stands alone: one format's code times a scale, rounded once to binary16, no registers.
module scaled_lane #(
  /// dequant_pkg's format code: a float, or INT4 of either kind.
  parameter logic [3:0] Format = 4'd0
) (
  input  logic [7:0]  code_i,   ///< right-aligned
  input  logic [3:0]  zero_i,   ///< read for INT4 with zero point
  input  logic [15:0] scale_i,
  output logic [15:0] result_o
);

  if (dequant_pkg::code_bits(Format) == 4'd0 || Format == dequant_pkg::FormatInt8) begin : gen_check
    $error("scaled_lane: Format %0d is neither a float nor INT4", Format);
  end

  if (dequant_pkg::is_integer(Format)) begin : gen_integer
    logic [4:0] value;
    logic [3:0] magnitude;
    assign value = Format == dequant_pkg::FormatInt4Zero ? {1'b0, code_i[3:0]} - {1'b0, zero_i}
                                                         : {code_i[3], code_i[3:0]};
    assign magnitude = value[4] ? ~value[3:0] + 4'd1 : value[3:0];
    scale_multiplier #(.SigBits(4), .UnitBits(0), .MaxShift(0)) u_multiplier (
      .sign_i(value[4]), .significand_i(magnitude), .shift_i(3'd0), .scale_i, .result_o
    );
    logic unused;
    assign unused = ^{code_i[7:4], zero_i};
  end else begin : gen_float
    localparam int unsigned ExpBits = 32'(dequant_pkg::exponent_bits(Format));
    localparam int unsigned ManBits = 32'(dequant_pkg::mantissa_bits(Format));
    localparam int unsigned Bias = (1 << (ExpBits - 1)) - 1;
    logic [ExpBits-1:0] field;
    assign field = code_i[ManBits+:ExpBits];
    scale_multiplier #(
      .SigBits(ManBits + 1), .UnitBits(ManBits + Bias - 1), .MaxShift((1 << ExpBits) - 2)
    ) u_multiplier (
      .sign_i(code_i[ExpBits+ManBits]), .significand_i({field != '0, code_i[ManBits-1:0]}),
      .shift_i(field == '0 ? 3'd0 : 3'(field) - 3'd1), .scale_i, .result_o
    );
    logic unused;
    assign unused = ^{code_i[7-:7-ExpBits-ManBits], zero_i};
  end

endmodule
