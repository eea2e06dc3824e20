/// Any built-in format's code -> its value, normalised: (-1)^sign * 2^exponent * 1.fraction, or zero.
/// Floats of one exponent width share a decoder: a shorter mantissa is a longer one with zeros appended.
/// The format comes as its row of dequant_pkg's table, looked up once for all lanes.
module code_decoder #(
  /// Formats built in, a bit for each of dequant_pkg's format codes.
  parameter logic [7:0] Formats = 8'hFF,
  /// Bits of `fraction_o`: dequant_pkg::fraction_bits(Formats).
  parameter int unsigned FractionBits = dequant_pkg::fraction_bits(Formats)
) (
  input  logic [7:0]              code_i,    ///< right-aligned
  input  logic [14:0]             row_i,     ///< dequant_pkg::format_row of the format
  input  logic [3:0]              zero_i,    ///< zero point, read for INT4 with zero point only
  output logic                    sign_o,
  output logic                    zero_o,
  output logic [3:0]              exponent_o,
  output logic [FractionBits-1:0] fraction_o
);

  localparam int unsigned IntegerBits = dequant_pkg::integer_bits(Formats);
  localparam int unsigned Width = 6 + FractionBits;  // sign, zero, exponent, fraction

  logic [3:0] bits;
  logic [2:0] exponent_bits;
  assign bits = row_i[6:3];
  assign exponent_bits = row_i[12:10];
  logic unused_row;
  assign unused_row = ^{row_i[14], row_i[9:7], row_i[2:0]};

  logic [3*Width-1:0] candidates;  // integers, E2, E3: those not chosen are zero

  for (genvar e = 2; e <= 3; e = e + 1) begin : gen_float
    localparam int unsigned ManBits = dequant_pkg::float_mantissa_bits(Formats, 3'(e));
    localparam int unsigned At = (e - 1) * Width;
    if (ManBits > 0) begin : gen_built
      localparam int unsigned CodeBits = 1 + e + ManBits;
      logic [Width-1:0]    fields;
      logic [CodeBits-1:0] aligned;  // the code's sign at the top
      always_comb begin
        aligned = '0;
        for (int unsigned b = 4; b <= CodeBits; b = b + 1)
          if (dequant_pkg::any_code_bits(Formats, 4'(b)) && bits == 4'(b))
            aligned = code_i[CodeBits-1:0] << (CodeBits - b);
      end
      float_decoder #(.ExpBits(e), .ManBits(ManBits), .FractionBits(FractionBits)) u_decoder (
        .code_i(aligned),
        .sign_o(fields[Width-1]),
        .zero_o(fields[Width-2]),
        .exponent_o(fields[FractionBits+:4]),
        .fraction_o(fields[FractionBits-1:0])
      );
      assign candidates[At+:Width] = exponent_bits == 3'(e) ? fields : '0;
    end else begin : gen_absent
      assign candidates[At+:Width] = '0;
    end
  end

  if (IntegerBits > 0) begin : gen_integer
    logic [Width-1:0] fields;
    integer_decoder #(.Bits(IntegerBits), .FractionBits(FractionBits)) u_decoder (
      .code_i(code_i[IntegerBits-1:0]),
      .narrow_i(bits == 4'd4),
      .unsigned_i(row_i[13]),
      .zero_i,
      .sign_o(fields[Width-1]),
      .zero_o(fields[Width-2]),
      .exponent_o(fields[FractionBits+:4]),
      .fraction_o(fields[FractionBits-1:0])
    );
    assign candidates[Width-1:0] = exponent_bits == 3'd0 ? fields : '0;
  end else begin : gen_no_integer
    assign candidates[Width-1:0] = '0;
    logic unused_zero;
    assign unused_zero = ^{zero_i, row_i[13]};
  end

  assign {sign_o, zero_o, exponent_o, fraction_o} =
      candidates[0+:Width] | candidates[Width+:Width] | candidates[2*Width+:Width];

endmodule
