/// Every part that is useful alone, side by side, so that one Verilated model serves their tests.
module parts_top (
  input  logic         clk_i,
  input  logic         rst_ni,
  // Decoders: one code, all formats. Halves in the order E3M2 E2M3 E2M2 E3M1 E2M1.
  input  logic [5:0]   code_i,
  output logic [79:0]  placed_o,
  output logic [79:0]  exact_o,
  // Multipliers.
  input  logic [15:0]  a_i,
  input  logic [15:0]  b_i,
  output logic [15:0]  product_o,
  output logic [15:0]  full_lane_o,  // E3M2 code_i times b_i
  output logic [15:0]  lane_o,       // the same, specialised
  // Table.
  input  logic         table_write_i,
  input  logic [5:0]   table_code_i,
  input  logic [15:0]  table_half_i,
  input  logic [23:0]  table_codes_i,
  output logic [63:0]  table_halves_o,
  // Gearboxes: 128-bit words to 32 lanes, 16-bit words to 3 lanes.
  input  logic         wide_valid_i,
  output logic         wide_ready_o,
  input  logic [127:0] wide_bus_i,
  output logic         wide_valid_o,
  input  logic         wide_ready_i,
  output logic [191:0] wide_beat_o,
  input  logic         odd_valid_i,
  output logic         odd_ready_o,
  input  logic [15:0]  odd_bus_i,
  output logic         odd_valid_o,
  input  logic         odd_ready_i,
  output logic [17:0]  odd_beat_o,
  // Units without a scale: 16 lanes, E3M2 in 4+2-byte placed, and E2M3 in 4+2 exact.
  input  logic         place_valid_i,
  output logic         place_ready_o,
  input  logic [95:0]  place_bus_i,
  output logic         place_valid_o,
  input  logic         place_ready_i,
  output logic [255:0] place_data_o,
  input  logic         exact_valid_i,
  output logic         exact_ready_o,
  input  logic [95:0]  exact_bus_i,
  output logic         exact_valid_o,
  input  logic         exact_ready_i,
  output logic [255:0] exact_data_o,
  // Dot products: Ampere's with E3M2, Hopper's with E2M3.
  input  logic [95:0]  dot_codes_i,
  input  logic [255:0] dot_activations_i,
  input  logic [31:0]  dot_c_i,
  output logic [31:0]  dot_ampere_o,
  output logic [31:0]  dot_hopper_o
);

  bias_shift_decoder #(.ExpBits(3), .ManBits(2)) u_place_e3m2 (.code_i(code_i), .half_o(placed_o[0+:16]));
  bias_shift_decoder #(.ExpBits(2), .ManBits(3)) u_place_e2m3 (.code_i(code_i), .half_o(placed_o[16+:16]));
  bias_shift_decoder #(.ExpBits(2), .ManBits(2)) u_place_e2m2 (.code_i(code_i[4:0]), .half_o(placed_o[32+:16]));
  bias_shift_decoder #(.ExpBits(3), .ManBits(1)) u_place_e3m1 (.code_i(code_i[4:0]), .half_o(placed_o[48+:16]));
  bias_shift_decoder #(.ExpBits(2), .ManBits(1)) u_place_e2m1 (.code_i(code_i[3:0]), .half_o(placed_o[64+:16]));
  exact_decoder #(.ExpBits(3), .ManBits(2)) u_exact_e3m2 (.code_i(code_i), .half_o(exact_o[0+:16]));
  exact_decoder #(.ExpBits(2), .ManBits(3)) u_exact_e2m3 (.code_i(code_i), .half_o(exact_o[16+:16]));
  exact_decoder #(.ExpBits(2), .ManBits(2)) u_exact_e2m2 (.code_i(code_i[4:0]), .half_o(exact_o[32+:16]));
  exact_decoder #(.ExpBits(3), .ManBits(1)) u_exact_e3m1 (.code_i(code_i[4:0]), .half_o(exact_o[48+:16]));
  exact_decoder #(.ExpBits(2), .ManBits(1)) u_exact_e2m1 (.code_i(code_i[3:0]), .half_o(exact_o[64+:16]));

  fp16_multiplier u_multiplier (.a_i, .b_i, .result_o(product_o));
  full_multiply_lane u_full_lane (.code_i, .scale_i(b_i), .result_o(full_lane_o));
  dequant_lane #(.Formats(8'h01), .Bfloat(1'b0)) u_lane (
    .format_i(dequant_pkg::FormatE3M2), .bfloat_i(1'b0), .code_i({2'd0, code_i}), .zero_i(4'd0), .scale_i(b_i),
    .result_o(lane_o)
  );

  lut_decoder #(.Lanes(4)) u_table (
    .clk_i, .write_i(table_write_i), .write_code_i(table_code_i), .write_half_i(table_half_i),
    .codes_i(table_codes_i), .halves_o(table_halves_o)
  );

  packed6_gearbox #(.Lanes(32), .BusBits(128)) u_wide (
    .clk_i, .rst_ni, .in_valid_i(wide_valid_i), .in_ready_o(wide_ready_o), .in_bus_i(wide_bus_i),
    .out_valid_o(wide_valid_o), .out_ready_i(wide_ready_i), .out_beat_o(wide_beat_o)
  );
  packed6_gearbox #(.Lanes(3), .BusBits(16)) u_odd (
    .clk_i, .rst_ni, .in_valid_i(odd_valid_i), .in_ready_o(odd_ready_o), .in_bus_i(odd_bus_i),
    .out_valid_o(odd_valid_o), .out_ready_i(odd_ready_i), .out_beat_o(odd_beat_o)
  );

  decode_unit #(.Lanes(16), .Format(dequant_pkg::FormatE3M2), .Split(dequant_pkg::SplitByte)) u_place (
    .clk_i, .rst_ni, .in_valid_i(place_valid_i), .in_ready_o(place_ready_o), .in_bus_i(place_bus_i),
    .out_valid_o(place_valid_o), .out_ready_i(place_ready_i), .out_data_o(place_data_o)
  );
  decode_unit #(
    .Lanes(16), .Format(dequant_pkg::FormatE2M3), .Split(dequant_pkg::SplitHighFirst), .Exact(1'b1)
  ) u_exact (
    .clk_i, .rst_ni, .in_valid_i(exact_valid_i), .in_ready_o(exact_ready_o), .in_bus_i(exact_bus_i),
    .out_valid_o(exact_valid_o), .out_ready_i(exact_ready_i), .out_data_o(exact_data_o)
  );

  fp6_dot #(.Products(8), .Fraction(24), .ExpBits(3), .ManBits(2)) u_ampere (
    .codes_i(dot_codes_i[47:0]), .activations_i(dot_activations_i[127:0]), .c_i(dot_c_i), .d_o(dot_ampere_o)
  );
  fp6_dot #(.Products(16), .Fraction(25), .ExpBits(2), .ManBits(3)) u_hopper (
    .codes_i(dot_codes_i), .activations_i(dot_activations_i), .c_i(dot_c_i), .d_o(dot_hopper_o)
  );

endmodule
