/// One lane without registers: code and scale -> binary16 (or bfloat16) of value * scale, rounded once.
/// dequant_unit is this, with the preparation of the scale shared between lanes and registers in between.
module dequant_lane #(
  parameter logic [7:0] Formats = 8'hFF,
  parameter bit         Bfloat = 1'b1
) (
  input  logic [3:0]  format_i,
  input  logic        bfloat_i,  ///< read where Bfloat is 1
  input  logic [7:0]  code_i,
  input  logic [3:0]  zero_i,
  input  logic [15:0] scale_i,
  output logic [15:0] result_o
);

  localparam int unsigned FractionBits = dequant_pkg::fraction_bits(Formats);
  localparam int unsigned PreparedBits = dequant_pkg::prepared_bits(FractionBits);

  logic                    code_sign, code_zero, sign, guard, sticky, bfloat;
  logic [3:0]              code_exponent;
  logic [FractionBits-1:0] code_fraction;
  logic [PreparedBits-1:0] prepared;
  logic [6:0]              exponent;
  logic [13:0]             product;
  logic [10:0]             kept;

  assign bfloat = Bfloat && bfloat_i;

  code_decoder #(.Formats(Formats)) u_code (
    .code_i, .row_i(dequant_pkg::format_row(format_i)), .zero_i,
    .sign_o(code_sign), .zero_o(code_zero), .exponent_o(code_exponent), .fraction_o(code_fraction)
  );
  scale_prepare #(.FractionBits(FractionBits)) u_scale (.scale_i, .prepared_o(prepared));
  product_select #(.FractionBits(FractionBits)) u_select (
    .sign_i(code_sign), .zero_i(code_zero), .exponent_i(code_exponent), .fraction_i(code_fraction),
    .prepared_i(prepared), .sign_o(sign), .exponent_o(exponent), .product_o(product)
  );
  product_align u_align (
    .bfloat_i(bfloat), .exponent_i(exponent), .product_i(product),
    .kept_o(kept), .guard_o(guard), .sticky_o(sticky)
  );
  product_round u_round (
    .bfloat_i(bfloat), .infinite_i(prepared[PreparedBits-2]), .nan_i(prepared[PreparedBits-1]), .sign_i(sign),
    .exponent_i(exponent), .kept_i(kept), .guard_i(guard), .sticky_i(sticky), .result_o
  );

endmodule
