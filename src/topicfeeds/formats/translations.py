"""The few words that stand in what we write for people, by language."""

from __future__ import annotations

from typing import NamedTuple


class Translation(NamedTuple):
    """What is said of an event; `{}` is filled in."""

    cancelled: str
    postponed: str
    tentative: str
    confirmed: str
    moved: str
    moved_to: str
    place: str
    """That it is somewhere else now."""
    before: str
    dates: str
    """What is put before the next dates of an event that recurs."""
    calendar: str
    """What the link to its calendar file is called."""
    colon: str = "{}: {}"
    semicolon: str = "; "


_TRANSLATIONS = {
    "ar": Translation("أُلغي", "تأجّل", "مبدئي", "مؤكد", "تغيّر الموعد", "نُقل إلى {}", "مكان جديد", "سابقًا: {}", "المواعيد القادمة: {}", "ملف التقويم", semicolon="؛ "),
    "bg": Translation("Отменено", "Отложено", "Непотвърдено", "Потвърдено", "Преместено", "Преместено за {}", "Ново място", "преди: {}", "Следващи дати: {}", "Файл за календар"),
    "ca": Translation("Cancel·lat", "Ajornat", "Provisional", "Confirmat", "Canvi de data", "Canvi de data: {}", "Nou lloc", "abans: {}", "Properes dates: {}", "Fitxer de calendari"),
    "cs": Translation("Zrušeno", "Odloženo", "Předběžně", "Potvrzeno", "Přesunuto", "Přesunuto na {}", "Nové místo", "dříve: {}", "Další termíny: {}", "Soubor do kalendáře"),
    "da": Translation("Aflyst", "Udskudt", "Foreløbig", "Bekræftet", "Flyttet", "Flyttet til {}", "Nyt sted", "før: {}", "Næste datoer: {}", "Kalenderfil"),
    "de": Translation("Abgesagt", "Aufgeschoben", "Unter Vorbehalt", "Bestätigt", "Verlegt", "Verlegt auf {}", "Neuer Ort", "zuvor: {}", "Nächste Termine: {}", "Kalenderdatei"),
    "el": Translation("Ακυρώθηκε", "Αναβλήθηκε", "Προσωρινό", "Επιβεβαιώθηκε", "Νέα ημερομηνία", "Νέα ημερομηνία {}", "Νέος χώρος", "πριν: {}", "Επόμενες ημερομηνίες: {}", "Αρχείο ημερολογίου"),
    "en": Translation("Cancelled", "Postponed", "Tentative", "Confirmed", "Moved", "Moved to {}", "New place", "before: {}", "Next dates: {}", "Calendar file"),
    "es": Translation("Cancelado", "Aplazado", "Provisional", "Confirmado", "Cambio de fecha", "Cambio de fecha: {}", "Nuevo lugar", "antes: {}", "Próximas fechas: {}", "Archivo de calendario"),
    "et": Translation("Tühistatud", "Edasi lükatud", "Esialgne", "Kinnitatud", "Uus aeg", "Uus aeg {}", "Uus koht", "varem: {}", "Järgmised ajad: {}", "Kalendrifail"),
    "fi": Translation("Peruttu", "Lykätty", "Alustava", "Vahvistettu", "Siirretty", "Uusi ajankohta {}", "Uusi paikka", "aiemmin: {}", "Seuraavat ajat: {}", "Kalenteritiedosto"),
    "fr": Translation("Annulé", "Reporté", "À confirmer", "Confirmé", "Déplacé", "Déplacé au {}", "Nouveau lieu", "avant : {}", "Prochaines dates : {}", "Fichier de calendrier", "{} : {}"),
    "he": Translation("בוטל", "נדחה", "לא סופי", "אושר", "מועד חדש", "מועד חדש {}", "מקום חדש", "קודם: {}", "המועדים הבאים: {}", "קובץ יומן"),
    "hr": Translation("Otkazano", "Odgođeno", "Nepotvrđeno", "Potvrđeno", "Premješteno", "Premješteno na {}", "Novo mjesto", "prije: {}", "Sljedeći datumi: {}", "Datoteka kalendara"),
    "hu": Translation("Elmarad", "Elhalasztva", "Tervezett", "Megerősítve", "Új időpont", "Új időpont {}", "Új helyszín", "korábban: {}", "Következő időpontok: {}", "Naptárfájl"),
    "it": Translation("Annullato", "Rinviato", "Provvisorio", "Confermato", "Spostato", "Nuova data {}", "Nuovo luogo", "prima: {}", "Prossime date: {}", "File di calendario"),
    "ja": Translation("中止", "延期", "仮日程", "決定", "日程変更", "{}に変更", "会場変更", "変更前：{}", "次の日程：{}", "カレンダーファイル", "{}：{}", "、"),
    "ko": Translation("취소", "연기", "미정", "확정", "일정 변경", "{}(으)로 변경", "장소 변경", "이전: {}", "다음 일정: {}", "캘린더 파일"),
    "lt": Translation("Atšaukta", "Atidėta", "Preliminaru", "Patvirtinta", "Nauja data", "Nauja data {}", "Nauja vieta", "anksčiau: {}", "Kitos datos: {}", "Kalendoriaus failas"),
    "lv": Translation("Atcelts", "Atlikts", "Provizorisks", "Apstiprināts", "Jauns datums", "Jauns datums {}", "Jauna vieta", "iepriekš: {}", "Nākamie datumi: {}", "Kalendāra fails"),
    "nb": Translation("Avlyst", "Utsatt", "Foreløpig", "Bekreftet", "Flyttet", "Flyttet til {}", "Nytt sted", "før: {}", "Neste datoer: {}", "Kalenderfil"),
    "nl": Translation("Geannuleerd", "Uitgesteld", "Onder voorbehoud", "Bevestigd", "Verplaatst", "Verplaatst naar {}", "Nieuwe plaats", "eerder: {}", "Volgende data: {}", "Agendabestand"),
    "pl": Translation("Odwołane", "Odroczone", "Wstępnie", "Potwierdzone", "Przełożone", "Przełożone na {}", "Nowe miejsce", "wcześniej: {}", "Następne terminy: {}", "Plik kalendarza"),
    "pt": Translation("Cancelado", "Adiado", "Provisório", "Confirmado", "Nova data", "Nova data {}", "Novo local", "antes: {}", "Próximas datas: {}", "Ficheiro de calendário"),
    "ro": Translation("Anulat", "Amânat", "Provizoriu", "Confirmat", "Mutat", "Mutat pe {}", "Loc nou", "înainte: {}", "Datele următoare: {}", "Fișier de calendar"),
    "ru": Translation("Отменено", "Отложено", "Предварительно", "Подтверждено", "Перенесено", "Перенесено на {}", "Новое место", "раньше: {}", "Следующие даты: {}", "Файл календаря"),
    "sk": Translation("Zrušené", "Odložené", "Predbežne", "Potvrdené", "Presunuté", "Presunuté na {}", "Nové miesto", "predtým: {}", "Ďalšie termíny: {}", "Súbor do kalendára"),
    "sl": Translation("Odpovedano", "Odloženo", "Začasno", "Potrjeno", "Prestavljeno", "Prestavljeno na {}", "Nov kraj", "prej: {}", "Naslednji datumi: {}", "Koledarska datoteka"),
    "sv": Translation("Inställt", "Uppskjutet", "Preliminärt", "Bekräftat", "Flyttat", "Flyttat till {}", "Ny plats", "tidigare: {}", "Nästa datum: {}", "Kalenderfil"),
    "tr": Translation("İptal edildi", "Ertelendi", "Kesin değil", "Kesinleşti", "Yeni tarih", "Yeni tarih {}", "Yeni yer", "önceki: {}", "Sonraki tarihler: {}", "Takvim dosyası"),
    "uk": Translation("Скасовано", "Відкладено", "Попередньо", "Підтверджено", "Перенесено", "Перенесено на {}", "Нове місце", "раніше: {}", "Наступні дати: {}", "Файл календаря"),
    "zh": Translation("已取消", "已推迟", "暂定", "已确认", "改期", "改期至{}", "地点变更", "此前：{}", "接下来的日期：{}", "日历文件", "{}：{}", "；"),
}  # fmt: skip


def find_translation(language: str) -> Translation:
    """Give the words of a language (BCP 47), or English ones."""
    name = language.lower().partition("-")[0]
    return _TRANSLATIONS.get({"no": "nb", "nn": "nb", "iw": "he"}.get(name, name), _TRANSLATIONS["en"])
