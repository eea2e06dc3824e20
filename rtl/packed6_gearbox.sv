/// Beats of 6*Lanes bits from a packed stream that comes in bus words of another width: what codes that straddle words
/// cost, and splits avoid. Takes a word in every cycle in which it need not wait for its taker.
module packed6_gearbox #(
  /// Codes a beat: 1..64.
  parameter int unsigned Lanes = 32,
  /// Width of a bus word, at most a beat's 6*Lanes.
  parameter int unsigned BusBits = 128,
  localparam int unsigned BeatBits = 6 * Lanes
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                in_valid_i,
  output logic                in_ready_o,
  input  logic [BusBits-1:0]  in_bus_i,
  output logic                out_valid_o,
  input  logic                out_ready_i,
  output logic [BeatBits-1:0] out_beat_o
);

  if (Lanes < 1 || Lanes > 64) begin : gen_check_lanes
    $error("packed6_gearbox: Lanes is %0d; 1..64 are built", Lanes);
  end
  if (BusBits < 1 || BusBits > BeatBits) begin : gen_check_bus
    $error("packed6_gearbox: BusBits is %0d; 1..%0d are built", BusBits, BeatBits);
  end

  // Beats and words meet every so many bits only: the rest kept between cycles is a multiple of this.
  function automatic int unsigned common_divisor(input int unsigned a, input int unsigned b);
    int unsigned x, y, z;
    x = a;
    y = b;
    for (int i = 0; i < 32; i = i + 1) begin
      if (y != 0) begin
        z = x % y;
        x = y;
        y = z;
      end
    end
    common_divisor = x;
  endfunction
  localparam int unsigned Unit = common_divisor(BeatBits, BusBits);
  localparam int unsigned Fills = BeatBits / Unit;  // the rest is 0 .. Fills - 1 units
  localparam int unsigned FillBits = Fills > 1 ? $clog2(Fills) : 1;
  localparam int unsigned WordUnits = BusBits / Unit;
  localparam int unsigned JoinedBits = BeatBits - Unit + BusBits;

  logic [FillBits-1:0]   fill_q, fill_d;
  logic [BeatBits-1:0]   rest_q, rest_d;  // its topmost unit is never filled
  logic [JoinedBits-1:0] joined;
  logic                  complete;

  // The word goes behind the rest.
  always_comb begin
    joined = JoinedBits'(rest_q);
    fill_d = '0;
    complete = 1'b0;
    for (int unsigned f = 0; f < Fills; f = f + 1) begin
      if (fill_q == FillBits'(f)) begin
        joined = joined | (JoinedBits'(in_bus_i) << (f * Unit));
        complete = f + WordUnits >= Fills;
        fill_d = FillBits'(f + WordUnits >= Fills ? f + WordUnits - Fills : f + WordUnits);
      end
    end
  end
  assign rest_d = complete ? BeatBits'(joined >> BeatBits) : joined[BeatBits-1:0];
  assign out_beat_o = joined[BeatBits-1:0];
  assign out_valid_o = in_valid_i && complete;
  assign in_ready_o = !complete || out_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fill_q <= '0;
      rest_q <= '0;
    end else if (in_valid_i && in_ready_o) begin
      fill_q <= fill_d;
      rest_q <= rest_d;
    end
  end

endmodule
