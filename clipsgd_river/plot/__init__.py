"""Pictures of scores, normal bands and alerts, readable by the colour-blind.

Each function draws on the axes it is given, or on a new figure, and returns the axes. Colours are
of the palette by Okabe and Ito (Color Universal Design, 2008), and whatever differs in colour
differs in shape as well. Streams of any length become pictures of bounded size. Drawing needs
matplotlib: ``pip install "clipsgd_river[plot]"``.
"""

from clipsgd_river.plot.band import plot_band
from clipsgd_river.plot.contributions import plot_contributions
from clipsgd_river.plot.scores import plot_scores

__all__ = ["plot_band", "plot_contributions", "plot_scores"]
