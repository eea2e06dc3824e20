/// Whether a beat's mode exists in this unit: formats and splits built in, and splits the format has.
///
///     6-bit codes  4+2 2+4 4+2-byte packed padded8      (4+2-byte: lanes in multiples of 16)
///     5-bit codes  4+1 1+4 packed padded8
///     4-bit codes  packed padded8
///     8-bit codes  packed padded8 (the same thing)
module mode_check #(
  parameter int unsigned Lanes = 32,
  parameter logic [7:0]  Formats = 8'hFF,
  parameter logic [4:0]  Splits = 5'h1F,
  parameter bit          Bfloat = 1'b1
) (
  input  logic [3:0]  format_i,
  input  logic [2:0]  split_i,
  input  logic        bfloat_i,
  input  logic [15:0] group_beats_i,
  output logic [2:0]  cause_o  ///< dequant_pkg::Error*, the first that applies; 0 is a legal beat
);

  logic [15:0] formats;
  logic [7:0]  splits;
  logic [3:0]  bits;
  assign formats = {8'd0, Formats};
  assign splits = {3'd0, Splits};
  assign bits = dequant_pkg::code_bits(format_i);

  logic split_fits;
  always_comb begin
    case (split_i)
      dequant_pkg::SplitHighFirst, dequant_pkg::SplitLowFirst: split_fits = bits == 4'd6 || bits == 4'd5;
      dequant_pkg::SplitByte: split_fits = bits == 4'd6 && Lanes % 16 == 0;
      default: split_fits = 1'b1;
    endcase

    if (!formats[format_i]) cause_o = dequant_pkg::ErrorFormat;
    else if (!splits[split_i] || !split_fits) cause_o = dequant_pkg::ErrorSplit;
    else if (bfloat_i && !Bfloat) cause_o = dequant_pkg::ErrorOutput;
    else if (group_beats_i == 16'd0) cause_o = dequant_pkg::ErrorGroup;
    else cause_o = dequant_pkg::ErrorNone;
  end

endmodule
