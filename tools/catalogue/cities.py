"""The cities of the sample catalogue: where they are, what time it is there, what people pay with, what things are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """`code` is what search asks for as `location`; `cents` are minor units a currency's unit has (1 or 100);
    `unit_price` turns one US dollar into units of the local currency at the local price level."""

    code: str
    name: str
    time_zone: str
    latitude: float
    longitude: float
    currency: str
    cents: int
    unit_price: float
    hotels: tuple[str, str]
    restaurants: tuple[tuple[str, str], tuple[str, str]]
    bar: str
    practices: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    shows: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]


CITIES = (
    City(
        "NYC", "New York", "America/New_York", 40.7484, -73.9857, "USD", 100, 1.35,
        ("The Halyard Bryant Park", "Orchard Street Hotel"),
        (("Fennel & Rye", "American"), ("Trattoria Lucarelli", "Italian")),
        "The Blue Ledger",
        (("Hudson Dental Studio", "Dental check-up"), ("Mercer Barber Co.", "Haircut"), ("West Side Physio", "Physiotherapy")),
        (("Harbour Lights", "Musical"), ("Brooklyn Chamber Players", "Concert"), ("City Derby", "Football")),
    ),
    City(
        "SFO", "San Francisco", "America/Los_Angeles", 37.7793, -122.4193, "USD", 100, 1.30,
        ("Hotel Marlowe Row", "The Fogline"),
        (("Saltgrass Oyster House", "Seafood"), ("Kikori", "Japanese")),
        "Cable & Copper",
        (("Noe Valley Optometry", "Eye test"), ("Sunset Hair Collective", "Haircut"), ("Bay Physio", "Physiotherapy")),
        (("Bay Area Jazz Night", "Concert"), ("The Glass Garden", "Theatre"), ("Golden Gate Comedy Hour", "Comedy")),
    ),
    City(
        "MEX", "Mexico City", "America/Mexico_City", 19.4270, -99.1677, "MXN", 100, 14.0,
        ("Casa Jacaranda", "Hotel Alameda Vieja"),
        (("Comal y Ceniza", "Mexican"), ("La Marea Alta", "Seafood")),
        "Mezcalería Luna Baja",
        (("Clínica Dental Roma", "Dental check-up"), ("Barbería Condesa", "Haircut"), ("Fisio Polanco", "Physiotherapy")),
        (("Noche de Boleros", "Concert"), ("Ballet de la Ciudad", "Dance"), ("Lucha de Campeones", "Wrestling")),
    ),
    City(
        "SAO", "São Paulo", "America/Sao_Paulo", -23.5614, -46.6559, "BRL", 100, 3.6,
        ("Hotel Ipê Paulista", "Pousada Vila Clara"),
        (("Braseiro Augusta", "Brazilian"), ("Sakura da Liberdade", "Japanese")),
        "Bar do Cruzamento",
        (("Odonto Jardins", "Dental check-up"), ("Salão Pinheiros", "Haircut"), ("Clínica Movimento", "Physiotherapy")),
        (("Samba na Praça", "Concert"), ("Orquestra da Luz", "Concert"), ("Clássico Paulista", "Football")),
    ),
    City(
        "LON", "London", "Europe/London", 51.5074, -0.1278, "GBP", 100, 0.95,
        ("The Clerkenwell Arms Hotel", "Thames Quarter Rooms"),
        (("Plough & Pepper", "British"), ("Masala Row", "Indian")),
        "The Night Porter",
        (("Marylebone Dental Rooms", "Dental check-up"), ("Soho Cut", "Haircut"), ("Southbank Physio", "Physiotherapy")),
        (("A Winter's Errand", "Theatre"), ("Proms at Dusk", "Concert"), ("North London Derby", "Football")),
    ),
    City(
        "PAR", "Paris", "Europe/Paris", 48.8566, 2.3522, "EUR", 100, 1.10,
        ("Hôtel du Canal Bleu", "Le Relais Saint-Paul"),
        (("Chez Mireille", "French"), ("Le Petit Zinc Doré", "Bistro")),
        "Bar des Amarres",
        (("Cabinet Dentaire Voltaire", "Dental check-up"), ("Atelier Coiffure Marais", "Haircut"), ("Ostéo République", "Osteopathy")),
        (("La Dame du Lac", "Opera"), ("Nuit Électronique", "Concert"), ("Cirque d'Automne", "Circus")),
    ),
    City(
        "BER", "Berlin", "Europe/Berlin", 52.5200, 13.4050, "EUR", 100, 0.90,
        ("Hotel Spreebogen Nord", "Pension Kastanie"),
        (("Linde & Löffel", "German"), ("Anadolu Sofrası", "Turkish")),
        "Spätschicht",
        (("Zahnarztpraxis am Ufer", "Dental check-up"), ("Salon Kollwitz", "Haircut"), ("Bürgeramt Mitte", "Passport appointment")),
        (("Philharmonie am Abend", "Concert"), ("Der gläserne Turm", "Theatre"), ("Clubnacht Ost", "Concert")),
    ),
    City(
        "LIS", "Lisbon", "Europe/Lisbon", 38.7223, -9.1393, "EUR", 100, 0.80,
        ("Casa das Andorinhas", "Hotel Miradouro"),
        (("Tasca do Farol", "Portuguese"), ("Mar & Sal", "Seafood")),
        "A Ronda",
        (("Clínica Dentária Chiado", "Dental check-up"), ("Barbearia Alfama", "Haircut"), ("Fisio Belém", "Physiotherapy")),
        (("Fado na Colina", "Concert"), ("Teatro do Cais", "Theatre"), ("Dérbi da Capital", "Football")),
    ),
    City(
        "DXB", "Dubai", "Asia/Dubai", 25.2048, 55.2708, "AED", 100, 4.4,
        ("Pearl Creek Hotel", "The Dune House"),
        (("Saffron Terrace", "Lebanese"), ("Coal & Cardamom", "Grill")),
        "Skyline 44",
        (("Marina Dental Centre", "Dental check-up"), ("Gents of Jumeirah", "Haircut"), ("Oasis Physio", "Physiotherapy")),
        (("Desert Symphony", "Concert"), ("Stand-up at the Creek", "Comedy"), ("Night Race", "Motor racing")),
    ),
    City(
        "DEL", "Delhi", "Asia/Kolkata", 28.6139, 77.2090, "INR", 100, 42.0,
        ("Haveli Chandni", "The Lodhi Garden Inn"),
        (("Tandoor Gali", "North Indian"), ("Coconut Lane", "South Indian")),
        "The Monsoon Room",
        (("Connaught Dental Care", "Dental check-up"), ("Salon Kesar", "Haircut"), ("Yoga Physio Saket", "Physiotherapy")),
        (("Evening Ragas", "Concert"), ("Kathak Under Stars", "Dance"), ("Capital Cricket Night", "Cricket")),
    ),
    City(
        "TYO", "Tokyo", "Asia/Tokyo", 35.6762, 139.6503, "JPY", 1, 125.0,
        ("Hotel Kaede Shinjuku", "Ryokan Asagiri"),
        (("Sushi Minato", "Sushi"), ("Ramen Tsubaki", "Ramen")),
        "Bar Yozora",
        (("Aoyama Dental Clinic", "Dental check-up"), ("Salon Hikari", "Haircut"), ("Seitai Ginza", "Massage")),
        (("Kabuki Evening", "Theatre"), ("City Pop Live", "Concert"), ("Grand Sumo Day", "Sumo")),
    ),
    City(
        "SYD", "Sydney", "Australia/Sydney", -33.8688, 151.2093, "AUD", 100, 1.55,
        ("The Figtree Rocks", "Harbour Pilot Hotel"),
        (("Wattle & Smoke", "Modern Australian"), ("Bao Parade", "Chinese")),
        "Little Compass",
        (("Surry Hills Dental", "Dental check-up"), ("Paddington Barbers", "Haircut"), ("Coogee Physio", "Physiotherapy")),
        (("Opera on the Quay", "Opera"), ("Indie by the Sea", "Concert"), ("Harbour Derby", "Rugby")),
    ),
)
