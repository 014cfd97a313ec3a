"""Cities, countries and regions where events are held; they tell editions and series apart."""

from __future__ import annotations

import re

_KNOWN = frozenset(
    name.strip()
    for name in """
    Aachen, Aarhus, Abuja, Accra, Adelaide, Africa, Alabama, Alaska, Albuquerque, Alicante, America,
    Amsterdam, Ann Arbor, Antwerp, Argentina, Arizona, Asia, Athens, Atlanta, Auckland, Austin,
    Australia, Austria, Bali, Baltimore, Bangalore, Bangkok, Barcelona, Basel, Bath, Bay Area,
    Beijing, Belfast, Belgium, Belgrade, Bengaluru, Benelux, Bergen, Berkeley, Berlin, Bern,
    Bielefeld, Bilbao, Birmingham, Bochum, Bogotá, Bologna, Bolzano, Bonn, Bordeaux, Boston,
    Boulder, Bratislava, Braunschweig, Brazil, Brasil, Bremen, Brest, Brighton, Brisbane, Bristol,
    Brno, Brussels, Bucharest, Budapest, Buenos Aires, Buffalo, Cairo, Calgary, California,
    Cambridge, Canada, Canberra, Cape Town, Cardiff, Caribbean, Catania, Charlotte, Chemnitz,
    Chennai, Chicago, Chile, China, Cincinnati, Cleveland, Cologne, Colombia, Colorado, Columbus,
    Copenhagen, Cork, Costa Rica, Croatia, Dallas, Darmstadt, Davis, Delft, Delhi, Denmark, Denver,
    Detroit, Dortmund, Dresden, Dubai, Dublin, Dundee, Durban, Durham, Düsseldorf, East Africa,
    Edinburgh, Edmonton, Egypt, Eindhoven, England, Espoo, Essen, Estonia, EU, Europe, Exeter,
    Finland, Florence, Florianópolis, Florida, France, Frankfurt, Freiburg, Galway, Garching,
    Geneva, Genève, Genoa, Germany, Ghana, Ghent, Gent, Girona, Glasgow, Göttingen, Gothenburg,
    Granada, Graz, Greece, Grenoble, Groningen, Guadalajara, Halifax, Halle, Hamburg, Hannover,
    Hawaii, Heidelberg, Helsinki, Hong Kong, Houston, Hungary, Hyderabad, Iceland, Illinois, India,
    Indianapolis, Indonesia, Innsbruck, Ireland, Israel, Istanbul, Italia, Italy, Jakarta, Japan,
    Jena, Johannesburg, Kansas City, Karlsruhe, Kassel, Kathmandu, Kenya, Kiel, Kigali, Konstanz,
    Korea, Kraków, Krakow, Kuala Lumpur, Kyoto, Lagos, Las Vegas, LATAM, Latam, Latin America,
    Latvia, Lausanne, Leeds, Leicester, Leiden, Leipzig, Leuven, Liège, Lille, Lima, Linz, Lisbon,
    Lisboa, Lithuania, Liverpool, Ljubljana, London, Los Angeles, Louisville, Lund, Luxembourg,
    Lviv, Lyon, Madison, Madrid, Magdeburg, Mainz, Malaga, Málaga, Malaysia, Malmö, Malta,
    Manchester, Manila, Mannheim, Marburg, Marseille, Maryland, Medellín, Melbourne, Memphis,
    Mexico, México, Mexico City, Miami, Michigan, Milan, Milano, Milwaukee, Minneapolis, Minnesota,
    Montpellier, Montreal, Montréal, Mountain West, Moscow, Mumbai, Munich, München, Münster, NA,
    Nairobi, Namibia, Nancy, Nantes, Naples, Nashville, Netherlands, New Delhi, New England, New
    Jersey, New Orleans, New York, New York City, New Zealand, Newcastle, Nice, Nicosia, Nigeria,
    Nordic, Nordics, North America, Northeast, Northwest, Norway, Norwich, Nottingham, Nürnberg,
    NYC, NZ, Ohio, Orlando, Osaka, Oslo, Ottawa, Oxford, Padova, Pakistan, Palo Alto, Panama, Paris,
    Perth, Peru, Philadelphia, Philippines, Phoenix, Pisa, Pittsburgh, Plymouth, Poland, Portland,
    Porto, Porto Alegre, Portsmouth, Portugal, Potsdam, Prague, Pretoria, Providence, Pune, Puerto
    Rico, Québec, Quito, Raleigh, Reading, Regensburg, Reims, Rennes, Reykjavik, Riga, Rio de
    Janeiro, Rochester, Romania, Rome, Roma, Rosario, Rostock, Rotterdam, Rouen, Russia, Rwanda,
    Saarbrücken, Sacramento, Salt Lake City, Salzburg, San Antonio, San Diego, San Francisco, San
    José, San Jose, Santa Barbara, Santa Clara, Santa Cruz, Santiago, São Paulo, Sao Paulo,
    Sarajevo, Scotland, Seattle, Senegal, Seoul, Serbia, Sevilla, Seville, SF, Shanghai, Sheffield,
    Shenzhen, Silicon Valley, Singapore, Slovakia, Slovenia, Sofia, South Africa, South America,
    Southampton, Southeast, Southwest, Spain, España, Split, Sri Lanka, St Andrews, St Louis, St.
    Louis, Stanford, Stavanger, Stockholm, Strasbourg, Stuttgart, Sweden, Switzerland, Sydney,
    Taipei, Taiwan, Tallinn, Tampere, Tanzania, Tartu, Tel Aviv, Texas, Thailand, Tokyo, Toronto,
    Toulouse, Trento, Trieste, Tromsø, Trondheim, Tübingen, Tucson, Tunisia, Turin, Torino, Turkey,
    Turku, UAE, Uganda, UK, Ukraine, Ulm, Umeå, Uppsala, Uruguay, US, USA, Utah, Utrecht, Valencia,
    Valparaíso, Vancouver, Vegas, Venice, Verona, Victoria, Vienna, Vietnam, Vilnius, Wales, Warsaw,
    Washington, Washington DC, Waterloo, Wellington, West Africa, Wien, Winnipeg, Wrocław, Wuhan,
    Würzburg, York, Zagreb, Zambia, Zaragoza, Zimbabwe, Zurich, Zürich
    """.replace("\n    ", " ").split(",")
)
_BEHIND = re.compile(r" [A-ZÀ-Þ][\w.-]*(?: (?:de |do )?[A-Z][\w-]+){0,2}")


def is_place(name: str) -> bool:
    """Tell whether `name` is a city, country or region that is known here."""
    return name in _KNOWN


def behind(text: str, end: int) -> int:
    """Return where a place ends that follows `end` after a space; `end` if there is none."""
    found = _BEHIND.match(text, end)
    if not found:
        return end
    words = found.group().split()
    for size in range(min(len(words), 3), 0, -1):
        place = " ".join(words[:size]).rstrip(".")
        if place in _KNOWN:
            return end + 1 + len(place)
    return end
