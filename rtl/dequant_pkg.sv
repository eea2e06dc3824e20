/// The formats, splits and errors of the dequantisation unit, each in one table from which all widths derive.
///
/// A *code* is the raw bits of one weight, a *beat* what crosses the unit in one cycle: one code for every lane.
package dequant_pkg;

  // Format codes on `in_format_i`. 8..15 are reserved.
  localparam logic [3:0] FormatE3M2 = 4'd0;
  localparam logic [3:0] FormatE2M3 = 4'd1;
  localparam logic [3:0] FormatE2M2 = 4'd2;
  localparam logic [3:0] FormatE3M1 = 4'd3;
  localparam logic [3:0] FormatE2M1 = 4'd4;
  localparam logic [3:0] FormatInt8 = 4'd5;
  localparam logic [3:0] FormatInt4 = 4'd6;      // two's complement
  localparam logic [3:0] FormatInt4Zero = 4'd7;  // unsigned, minus the zero point that comes with the scale
  localparam int unsigned NumFormats = 8;

  // Split codes on `in_split_i`. 5..7 are reserved. 5-bit formats read 4+1 and 1+4 for the first two.
  localparam logic [2:0] SplitHighFirst = 3'd0;  // 4+2: the 4-bit segment holds the code's top four bits
  localparam logic [2:0] SplitLowFirst = 3'd1;   // 2+4: the 4-bit segment holds the code's low four bits
  localparam logic [2:0] SplitByte = 3'd2;       // 4+2-byte: the OR of both segments is a binary16 high byte
  localparam logic [2:0] SplitPacked = 3'd3;     // code i at bits [width*i +: width]: packed6, and its kin
  localparam logic [2:0] SplitPadded8 = 3'd4;    // code i in the low bits of byte i
  localparam int unsigned NumSplits = 5;

  // Causes on `error_cause_o`.
  localparam logic [2:0] ErrorNone = 3'd0;
  localparam logic [2:0] ErrorFormat = 3'd1;  // reserved, or not built in
  localparam logic [2:0] ErrorSplit = 3'd2;   // reserved, not built in, or not one of the format's
  localparam logic [2:0] ErrorOutput = 3'd3;  // bfloat16 asked of a unit built without it
  localparam logic [2:0] ErrorGroup = 3'd4;   // a group of 0 beats

  // Every lane's product on its way to rounding: one leading one, 12 bits below it, and whether anything follows.
  localparam int unsigned ProductBits = 14;
  localparam int unsigned ExponentBits = 7;  // of a product, signed, binary16's bias: -13 .. 38

  /// One row a format: {integer, zero point, exponent bits, mantissa bits, code bits, fraction bits}. Fraction bits: what
  /// follows the leading one once every value is normalised (INT8: 127 is 1.111111b, 128 is 1.0b; INT4: 7 is 1.11b).
  /// Floats have bias 2^(exponent bits - 1) - 1 and no special values.
  function automatic logic [14:0] format_row(input logic [3:0] format);
    case (format)
      FormatE3M2:     format_row = {1'b0, 1'b0, 3'd3, 3'd2, 4'd6, 3'd2};
      FormatE2M3:     format_row = {1'b0, 1'b0, 3'd2, 3'd3, 4'd6, 3'd3};
      FormatE2M2:     format_row = {1'b0, 1'b0, 3'd2, 3'd2, 4'd5, 3'd2};
      FormatE3M1:     format_row = {1'b0, 1'b0, 3'd3, 3'd1, 4'd5, 3'd1};
      FormatE2M1:     format_row = {1'b0, 1'b0, 3'd2, 3'd1, 4'd4, 3'd1};
      FormatInt8:     format_row = {1'b1, 1'b0, 3'd0, 3'd0, 4'd8, 3'd6};
      FormatInt4:     format_row = {1'b1, 1'b0, 3'd0, 3'd0, 4'd4, 3'd2};
      FormatInt4Zero: format_row = {1'b1, 1'b1, 3'd0, 3'd0, 4'd4, 3'd3};
      default:        format_row = 15'd0;
    endcase
  endfunction

  function automatic logic is_integer(input logic [3:0] format);
    logic [14:0] row;
    row = format_row(format);
    is_integer = row[14];
  endfunction

  function automatic logic [3:0] code_bits(input logic [3:0] format);
    logic [14:0] row;
    row = format_row(format);
    code_bits = row[6:3];
  endfunction

  function automatic logic [2:0] exponent_bits(input logic [3:0] format);
    logic [14:0] row;
    row = format_row(format);
    exponent_bits = row[12:10];
  endfunction

  function automatic logic [2:0] mantissa_bits(input logic [3:0] format);
    logic [14:0] row;
    row = format_row(format);
    mantissa_bits = row[9:7];
  endfunction

  function automatic logic [2:0] format_fraction_bits(input logic [3:0] format);
    logic [14:0] row;
    row = format_row(format);
    format_fraction_bits = row[2:0];
  endfunction

  /// Whether any of `formats` has codes of `bits` bits.
  function automatic logic any_code_bits(input logic [7:0] formats, input logic [3:0] bits);
    any_code_bits = 1'b0;
    for (int f = 0; f < 8; f = f + 1)
      if (formats[f] && code_bits(f[3:0]) == bits) any_code_bits = 1'b1;
  endfunction

  /// Fraction bits that serve every one of `formats` (at least 1).
  function automatic int unsigned fraction_bits(input logic [7:0] formats);
    fraction_bits = 1;
    for (int f = 0; f < 8; f = f + 1)
      if (formats[f] && {29'd0, format_fraction_bits(f[3:0])} > fraction_bits)
        fraction_bits = {29'd0, format_fraction_bits(f[3:0])};
  endfunction

  /// Mantissa bits that serve every float of `formats` with `exponent` exponent bits; 0 where there is none.
  function automatic int unsigned float_mantissa_bits(input logic [7:0] formats, input logic [2:0] exponent);
    float_mantissa_bits = 0;
    for (int f = 0; f < 8; f = f + 1)
      if (formats[f] && !is_integer(f[3:0]) && exponent_bits(f[3:0]) == exponent &&
          {29'd0, mantissa_bits(f[3:0])} > float_mantissa_bits)
        float_mantissa_bits = {29'd0, mantissa_bits(f[3:0])};
  endfunction

  /// Integer bits that serve every integer of `formats`; 0 where there is none.
  function automatic int unsigned integer_bits(input logic [7:0] formats);
    integer_bits = 0;
    for (int f = 0; f < 8; f = f + 1)
      if (formats[f] && is_integer(f[3:0]) && {28'd0, code_bits(f[3:0])} > integer_bits)
        integer_bits = {28'd0, code_bits(f[3:0])};
  endfunction

  /// Bits a beat takes on the bus at most, per lane: a byte where INT8 or padded codes are built in.
  function automatic int unsigned bus_bits_per_lane(input logic [7:0] formats, input logic [4:0] splits);
    bus_bits_per_lane = 4;
    for (int f = 0; f < 8; f = f + 1)
      if (formats[f] && {28'd0, code_bits(f[3:0])} > bus_bits_per_lane)
        bus_bits_per_lane = {28'd0, code_bits(f[3:0])};
    if (splits[SplitPadded8]) bus_bits_per_lane = 8;
  endfunction

  /// What scale_prepare makes of one scale: the multiples a lane chooses from, then 7 bits of exponent, sign, two flags.
  localparam int unsigned MultipleBits = 15;
  function automatic int unsigned multiples(input int unsigned fraction);
    multiples = fraction <= 3 ? (1 << fraction) : 15;
  endfunction
  function automatic int unsigned prepared_bits(input int unsigned fraction);
    prepared_bits = multiples(fraction) * MultipleBits + 10;
  endfunction

endpackage
